import { MessageChannel } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import type { ReplHost } from "../contracts/repl.ts";
import { Bell } from "../native/bell.ts";
import { ConsoleWords } from "./console-words.ts";
import { createStaleMark } from "./key-sender.ts";
import { createKeySlot, KeySlot } from "./key-slot.ts";
import { createRing } from "./output-ring.ts";
import { serveRepl } from "./repl-bridge.ts";
import type { ReplRequest } from "./repl-messages.ts";

const WAYS = [
  { way: "that the slot tells of", bell: (): Bell | undefined => undefined },
  { way: "that a bell tells of, where there is one", bell: (): Bell | undefined => Bell.hang() },
];

it.each(WAYS)("takes a key $way, typed before the prompt was there and after", async ({ bell: hang }) => {
  const keys: string[] = [];
  let arrived: () => void = () => undefined;
  const host: ReplHost = {
    name: "keys",
    version: "1",
    open: () => ({
      input(bytes) {
        keys.push(Buffer.from(bytes).toString());
        arrived();
        return undefined;
      },
      resize() {},
      interrupt() {},
      close() {},
    }),
  };
  const { port1, port2 } = new MessageChannel();
  const bridge = serveRepl(host, port1, new ConsoleWords());
  const bell = hang();
  onTestFinished(() => {
    bridge.close();
    bell?.close();
  });
  const shared = createKeySlot();
  const slot = new KeySlot(shared, bell && (() => bell.ring()));
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
    });
  const first = next();
  slot.put(Buffer.from("a"), 1);
  const opening: ReplRequest = {
    type: "open",
    session: 1,
    peer: "127.0.0.1:1",
    user: "micro",
    terminalType: "xterm",
    size: { columns: 80, rows: 24 },
    ring: createRing(64),
    staleMark: createStaleMark(),
    slot: shared,
    bell: bell?.end,
  };
  port2.postMessage(opening);
  await first;
  for (const key of ["b", "c"]) {
    const another = next();
    expect(slot.put(Buffer.from(key), 2)).toBe(true);
    await another;
  }
  expect(keys).toEqual(["a", "b", "c"]);
});
