/**
 * One seat: who comes second is told who is in and may watch, take over or leave.
 */
import { expect, it } from "vitest";
import { startTelnet, startTelnetStill } from "./telnet-fixture.ts";

it("who comes second is told, after a right login, who is in, from where and since when", async () => {
  const telnet = await startTelnetStill();
  const first = await telnet.enter();
  telnet.clock.advance(65_000);
  const second = await telnet.connect();
  await second.login();
  const told = await second.until("[l]eave? ");
  const peer = `127.0.0.1:${first.socket.localPort}`;
  expect(told).toBe(
    `\r\nmicro is logged in from ${peer} since 2026-01-02 03:04:05 UTC (65 s).\r\n[w]atch, [t]ake over or [l]eave? `,
  );
  expect(telnet.server.user).toEqual({ user: "micro", peer, sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5) });
  expect(telnet.told).not.toContain("watching");
});

it("a wrong password is told nothing of who is in", async () => {
  const telnet = await startTelnet();
  await telnet.enter();
  const second = await telnet.connect();
  await second.login("micro", "wrong");
  await second.until("Invalid credentials, try again.\r\n");
  await second.until("Login as: ");
  expect(second.received).not.toContain("logged in");
});

it("takeover: the first is told and closed, the second has the prompt", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  const second = await telnet.connect();
  await second.login();
  await second.until("[l]eave? ");
  second.send("T");
  await first.until(`[Telnet] micro from 127.0.0.1:${second.socket.localPort} took over\r\n`);
  await first.closed();
  await second.until('\r\nLogin succeeded!\r\nType "help()" for more information.\r\n>>> ');
  second.send("1+1\r");
  await second.until("\r\n2\r\n>>> ");
  expect(telnet.repl.closed).toEqual(["taken-over"]);
  expect(telnet.told).toEqual(["listening", "connected", "logged-in", "connected", "left", "logged-in"]);
  expect(await telnet.event("left")).toMatchObject({ reason: "taken-over", user: "micro", sessionId: 1 });
  expect(telnet.server.state).toBe(4);
});

it("watching: sees the output, types nothing, leaves with Ctrl-C", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  const watcher = await telnet.connect();
  await watcher.login();
  await watcher.until("[l]eave? ");
  watcher.send("w");
  await watcher.until("You are watching: Ctrl-T takes over, Ctrl-C leaves.\r\n");
  expect(await telnet.event("watching")).toMatchObject({ user: "micro", sessionId: 2 });
  const before = telnet.repl.keys;
  watcher.send("1+1\rexit\r");
  first.send("say hello\r");
  await watcher.until("say hello\r\nhello\r\n>>> ");
  expect(telnet.repl.keys.slice(before.length)).toBe("say hello\r");
  watcher.send("\x03");
  await watcher.closed();
  expect(telnet.repl.interrupts).toBe(0);
  expect(telnet.server.state).toBe(4);
});

it("a watcher takes over with Ctrl-T, also when the seat has become free", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  const watchers = [await telnet.connect(), await telnet.connect()];
  for (const watcher of watchers) {
    await watcher.login();
    await watcher.until("[l]eave? ");
    watcher.send("w");
    await watcher.until("Ctrl-C leaves.\r\n");
  }
  const [one, two] = watchers as [(typeof watchers)[0], (typeof watchers)[0]];
  one.send("\x14");
  await first.closed();
  await one.until(">>> ");
  await two.until(`micro from 127.0.0.1:${one.socket.localPort} is at the prompt now\r\n`);
  one.send("3+4\r");
  await two.until("\r\n7\r\n>>> ");
  one.send("exit\r");
  await one.closed();
  await two.until("has left; Ctrl-T takes the seat\r\n");
  two.send("\x14");
  await two.until(">>> ");
  two.send("4+4\r");
  await two.until("\r\n8\r\n>>> ");
});

it("a slow watcher loses output, and slows nobody down", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  const watcher = await telnet.connect();
  await watcher.login();
  await watcher.until("[l]eave? ");
  watcher.send("w");
  await watcher.until("Ctrl-C leaves.\r\n");
  watcher.socket.pause();
  first.send("flood 16000000\r");
  await first.until(/\n>>> $/);
  watcher.socket.resume();
  await watcher.until("[Telnet] Output skipped\r\n");
  first.send("say end\r");
  await watcher.until("end\r\n>>> ");
  expect(watcher.received.length).toBeLessThan(16_000_000);
});

it("who is asked gets the seat when it becomes free meanwhile", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  const second = await telnet.connect();
  await second.login();
  await second.until("[l]eave? ");
  first.socket.destroy();
  await second.until(">>> ");
  expect(telnet.server.state).toBe(4);
});

it("leaving: l, and what was typed ahead chooses nothing", async () => {
  const telnet = await startTelnet();
  await telnet.enter();
  const second = await telnet.connect();
  await second.until("Login as: ");
  second.send("micro\r\npython\r\nt\r\n");
  await second.until("[l]eave? ");
  second.send("x\r\nl");
  await second.closed();
  expect(telnet.repl.closed).toEqual([]);
  await telnet.event("left");
});

it("too many watchers are told so, and may still take over", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  for (let count = 0; count < 9; count++) {
    const watcher = await telnet.connect();
    await watcher.login();
    await watcher.until("[l]eave? ");
    watcher.send("w");
    if (count < 8) {
      await watcher.until("Ctrl-C leaves.\r\n");
    } else {
      await watcher.until("Too many are watching already.\r\n[w]atch, [t]ake over or [l]eave? ");
      watcher.send("t");
      await watcher.until(">>> ");
    }
  }
  await first.closed();
});

it("Ctrl-T at the local console: the remote user is told and sent away", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  expect(telnet.server.disconnectUser()).toBe(true);
  await first.until("\r\n[Telnet] Connection terminated from REPL\r\n");
  await first.closed();
  expect(telnet.repl.closed).toEqual(["evicted"]);
  expect(telnet.server.disconnectUser()).toBe(false);
});

it("the REPL ends the session itself", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  first.send("exit\r");
  await first.closed();
  expect(await telnet.event("left")).toMatchObject({ reason: "exited" });
  expect(telnet.repl.closed).toEqual(["exited"]);
  await telnet.enter();
});

it("a REPL that somebody else has is told to the user", async () => {
  const telnet = await startTelnet();
  telnet.repl.open({
    peer: "elsewhere:1",
    user: "other",
    type: "unknown",
    size: { columns: 80, rows: 24 },
    write: () => undefined,
    end: () => undefined,
  });
  const client = await telnet.connect();
  await client.login();
  await client.until("The REPL is in use.\r\n");
  await client.closed();
  expect(await telnet.event("refused")).toMatchObject({ reason: "the REPL is taken" });
  expect(telnet.server.state).toBe(2);
});
