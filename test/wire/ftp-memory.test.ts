/** What clients that are slow, and stores that are slow, make a whole server hold. */
import { closeSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/index.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, serveFtp } from "./ftp.ts";
import { openSite } from "./ftp-site.ts";

const KIB = 1024;
const CLIENTS = 16;
const BUFFSIZE = 256 * KIB;
/** `buffsize` a transfer, the buffer that it grew out of, and what the clients, of this process too, have read. */
const MOST_BYTES = CLIENTS * (BUFFSIZE + 64 * KIB + 128 * KIB);

function heldBytes(): number {
  const { arrayBuffers, external } = process.memoryUsage();
  return Math.max(arrayBuffers, external);
}

/** Until a figure has not changed for a while. */
async function settled(figure: () => number): Promise<void> {
  let last = -1;
  let sinceMs = performance.now();
  await until(() => {
    const now = figure();
    if (now !== last) sinceMs = performance.now();
    last = now;
    return now > 0 && performance.now() - sinceMs > 500;
  });
}

describe("a server holds no more than buffsize a transfer", () => {
  it.each([true, false])("of clients that do not read (accelerator: %s)", async (accelerator) => {
    await using site = await openSite({ buffsize: BUFFSIZE, accelerator });
    const file = openSync(join(site.root, "large"), "w");
    ftruncateSync(file, 500_000_000);
    closeSync(file);
    const talks = await Promise.all(Array.from({ length: CLIENTS }, () => FtpTalk.login(site.ftp.port)));
    const before = heldBytes();
    let most = 0;
    for (const talk of talks) {
      const data = await talk.data();
      data.pause();
      await talk.ask("RETR large", 150);
    }
    const moved = () => {
      most = Math.max(most, heldBytes() - before);
      return site.ftp.server.sessions().reduce((sum, { transfer }) => sum + (transfer?.bytes ?? 0), 0);
    };
    await settled(moved);
    expect(site.ftp.server.sessions().filter(({ transfer }) => transfer?.kind === "retrieve")).toHaveLength(CLIENTS);
    expect(most).toBeLessThan(MOST_BYTES);
    for (const talk of talks) talk.socket.destroy();
  });

  it("of a store that does not take what comes", async () => {
    const store = createMemoryStore();
    const openWrite = store.openWrite.bind(store);
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    store.openWrite = async (path, options) => {
      const handle = await openWrite(path, options);
      handle.write = () => gate;
      return handle;
    };
    await using ftp = await serveFtp({ store, buffsize: BUFFSIZE });
    const talks = await Promise.all(Array.from({ length: CLIENTS }, () => FtpTalk.login(ftp.port)));
    const content = Buffer.alloc(40_000_000); // one for all: what clients wait to send is not counted again
    const before = heldBytes();
    let most = 0;
    for (const [index, talk] of talks.entries()) {
      const data = await talk.data();
      await talk.ask(`STOR file${index}`, 150);
      data.end(content);
    }
    const moved = () => {
      most = Math.max(most, heldBytes() - before);
      return ftp.server.sessions().reduce((sum, { transfer }) => sum + (transfer?.bytes ?? 0), 0);
    };
    await settled(moved);
    expect(most).toBeLessThan(MOST_BYTES);
    for (const { transfer } of ftp.server.sessions()) {
      expect(transfer?.bytes).toBeLessThanOrEqual(BUFFSIZE + 64 * KIB);
    }
    open?.();
    for (const talk of talks) await talk.expect(226);
  });
});
