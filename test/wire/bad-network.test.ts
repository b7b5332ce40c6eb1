/**
 * A network that loses packets, and one that is slow, uneven and cuts what is sent where it likes: everything arrives,
 * or the reply says that it has not.
 */
import { execFileSync, spawn } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import { resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRandom } from "../fuzz/random.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, getFile, putFile, readAll, serveFtp } from "./ftp.ts";
import { pseudoRandom } from "./ftp-site.ts";
import { connectRaw } from "./raw-client.ts";
import { startTelnet } from "./telnet-fixture.ts";

/** Stands between client and server: what comes goes on in odd pieces, late and with pauses, in order. */
async function slowRoad(to: number, seed: number): Promise<number> {
  const random = createRandom(seed);
  const sockets = new Set<Socket>();
  const carry = (from: Socket, onto: Socket): void => {
    let road = Promise.resolve();
    from.on("data", (bytes: Buffer) => {
      from.pause();
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + random.next(random.pick([3, 700, 60_000]));
        const piece = bytes.subarray(at, at + length);
        at += length;
        const delayMs = random.next(10) === 0 ? random.next(60) : random.next(4);
        road = road.then(
          () =>
            new Promise((arrived) => {
              setTimeout(() => (onto.destroyed ? arrived() : onto.write(piece, () => arrived())), delayMs);
            }),
        );
      }
      road = road.then(() => void from.resume());
    });
    from.on("end", () => void road.then(() => onto.end()));
    from.on("close", () => void road.then(() => onto.destroySoon()));
    from.on("error", () => onto.destroy());
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const socket of [near, far]) sockets.add(socket);
    carry(near, far);
    carry(far, near);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as { port: number }).port;
}

describe("a slow and uneven network", () => {
  it("brings files over FTP whole, both ways", async () => {
    await using ftp = await serveFtp();
    const content = pseudoRandom(1_500_000);
    await putFile(ftp.store, "/file", content);
    for (let seed = 1; seed <= 3; seed++) {
      using talk = await FtpTalk.login(await slowRoad(ftp.port, seed));
      const data = async () => {
        const port = await slowRoad(await talk.passivePort(), seed + 100);
        return connectRaw(port).then(({ socket }) => socket);
      };
      const down = await data();
      const received = readAll(down);
      await talk.ask("RETR file", 150);
      expect((await received).equals(content)).toBe(true);
      await talk.expect(226);
      const up = await data();
      await talk.ask("STOR copy", 150);
      up.end(content);
      await talk.expect(226);
      expect((await getFile(ftp.store, "/copy"))?.equals(content)).toBe(true);
      up.destroy();
    }
  });

  it("carries a Telnet session as a fast one does: no key and no output is lost", async () => {
    const telnet = await startTelnet();
    const client = await connectRaw(await slowRoad(telnet.port, 7));
    onTestFinished(() => void client.socket.destroy());
    await client.until("Login as: ");
    // A login and a hundred lines at once, options in between, cut anywhere.
    let keys = "micro\r\n\xff\xfb\x1fpython\r\n\xff\xfa\x1f\x00\x64\x00\x1e\xff\xf0";
    for (let line = 0; line < 100; line++) keys += `${line}+1\r\n`;
    client.send(keys);
    for (let line = 0; line < 100; line++) await client.until(`${line}+1\r\n${line + 1}\r\n`);
    client.type("spin\r\n");
    await client.until("spin");
    client.send("\x03");
    await client.until("KeyboardInterrupt");
    client.type("flood 300000\r\n");
    await until(() => client.received.length > 300_000);
    await client.until(">>> ");
  });
});

/** Loses one packet of twenty on loopback, in a network of its own. */
const LOSE = `
ip link set lo up
nft add table inet lossy
nft add chain inet lossy in '{ type filter hook input priority 0; }'
nft add rule inet lossy in numgen random mod 100 '<' 5 drop`;

function canLose(): boolean {
  try {
    execFileSync("unshare", ["-n", "sh", "-ec", LOSE], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const loses = canLose();

describe("a network that loses every twentieth packet", () => {
  it.skipIf(!loses)("brings files and keys whole", async () => {
    const script = resolve(import.meta.dirname, "fixtures/lossy-session.mjs");
    const child = spawn("unshare", ["-n", "sh", "-ec", `${LOSE}\nexec "$0" "$1"`, process.execPath, script]);
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        output += bytes;
      });
    }
    const code = await new Promise((ended) => child.on("close", ended));
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^whole, \d+ retransmitted\n$/) });
    expect(Number(/\d+/.exec(output)?.[0]), "packets were lost").toBeGreaterThan(0);
  });
});
