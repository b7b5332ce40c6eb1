import { describe, expect, it } from "vitest";
import { idOf, login, PASSIVE, said, send, start, talk } from "../../../test/transcripts/ftp-engine.ts";
import { LIMITS } from "../../contracts/limits.ts";
import { createFtpEngine } from "./engine.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

describe("greeting", () => {
  it("is one line or several", () => {
    const peer = { address: "::1", port: 1 };
    expect(said(createFtpEngine({ peer, nowMs: 0 }))).toBe("220 Porthole FTP ready\r\n");
    expect(said(createFtpEngine({ peer, nowMs: 0, greeting: ["Hello"] }))).toBe("220 Hello\r\n");
    expect(said(createFtpEngine({ peer, nowMs: 0, greeting: ["a", "b", "c"] }))).toBe("220-a\r\nb\r\n220 c\r\n");
    expect(said(createFtpEngine({ peer, nowMs: 0, greeting: [] }))).toBe("220 Porthole FTP ready\r\n");
  });
});

describe("phase", () => {
  it("follows the session", () => {
    const engine = start();
    expect(engine.phase).toEqual({ name: "user" });
    send(engine, "USER micro\r\n");
    expect(engine.phase).toEqual({ name: "password", user: "micro" });
    const [ask] = send(engine, "PASS python\r\n");
    expect(engine.phase).toEqual({ name: "authenticating", user: "micro" });
    expect(JSON.stringify(ask)).not.toContain("python");
    const account = { user: "micro", rights: new Set(["list", "read"] as const) };
    engine.settle({ id: idOf(ask), ok: true, value: { type: "account", account } }, 0);
    expect(engine.phase).toEqual({ name: "ready", user: "micro", cwd: "/" });
    const [listen] = send(engine, "EPSV\r\n");
    engine.settle({ id: idOf(listen), ok: true, value: { type: "address", host: "::1", port: 5 } }, 0);
    const [transfer] = send(engine, "RETR a\r\n");
    expect(engine.phase).toMatchObject({ name: "transfer", actionId: idOf(transfer), transfer: { path: "/a" } });
    engine.settle({ id: idOf(transfer), ok: false, kind: "not-found" }, 0);
    expect(engine.phase.name).toBe("ready");
    send(engine, "QUIT\r\n");
    expect(engine.phase).toEqual({ name: "closed", reason: "quit" });
    expect(send(engine, "NOOP\r\n")).toEqual([]);
  });
});

describe("login", () => {
  it("is counted by wrong tries, and answers what cannot be checked without saying why", () => {
    talk(`
      C: USER a
      S: 331~
      C: PASS b
      A: authenticate a b
      O: fail gone
      S: 530 Logging in is not possible at the moment.
      C: USER a
      S: 331~
      C: PASS b
      A: authenticate a b
      O: fail too-many-sessions
      S: 421~
      A: close too many sessions of the account`);
  });

  it("may be had again: REIN and USER forget the account, the directory and the data connection", () => {
    talk(`
      login
      C: CWD a
      A: stat /a
      O: ok directory
      S: 250~${PASSIVE}
      C: PASS x
      S: 503~
      C: REIN
      S: 220~
      A: reset
      C: LIST
      S: 530~
      login
      C: PWD
      S: 257 "/" is the current directory.
      C: LIST
      S: 425~`);
  });

  it("keeps an account to its rights: 550 before anything is asked", () => {
    talk(`
      login list${PASSIVE}
      C: RETR a
      S: 550 Permission denied.
      C: STOR a
      S: 550~
      C: APPE a
      S: 550~
      C: STOU
      S: 550~
      C: DELE a
      S: 550~
      C: RMD a
      S: 550~
      C: MKD a
      S: 550~
      C: RNFR a
      S: 550~
      C: RNTO a
      S: 550~
      C: MFMT 20240101000000 a
      S: 550~
      C: SITE CHMOD 644 a
      S: 550~
      C: SITE UTIME 20240101000000 a
      S: 550~
      C: HASH a
      S: 550~
      C: XMD5 a
      S: 550~
      C: MDTM 20240101000000 a
      A: stat /20240101000000 a
      O: fail not-found
      S: 550 Permission denied.
      C: SIZE a
      A: stat /a
      O: ok file 3
      S: 213 3`);
    talk(`
      login write${PASSIVE}
      C: LIST
      S: 550~
      C: NLST
      S: 550~
      C: MLSD
      S: 550~
      C: MLST
      S: 550~
      C: STAT a
      S: 550~
      C: SIZE a
      S: 550~
      C: STOR a
      A: transfer store replace /a
      O: ok transferred /a 1
      S: 150~
      S: 226~`);
  });
});

describe("a data connection", () => {
  it("is used up by ABOR, by a transfer that began, and by one that nobody came to", () => {
    const ended = (how: string, replies: string) => `${PASSIVE}
      C: LIST *x
      A: transfer listing list /*x
      ${how}
      ${replies}
      C: LIST
      S: 425~`;
    talk(`
      login
      ${ended("C: ABOR\n      A: abort\n      O: fail aborted", "S: 426~\n      S: 226~")}
      ${ended("O: opened\n      S: 150~\n      O: fail not-found", "S: 550~")}
      ${ended("O: fail no-data-connection", "S: 425~")}`);
  });
});

describe("time", () => {
  it("ends an idle session with 421, not one whose transfer runs", () => {
    const engine = login({ idleMs: 1000 });
    expect(engine.deadlineMs).toBe(1000);
    send(engine, "NOOP\r\n", 600);
    expect(engine.deadlineMs).toBe(1600);
    send(engine, "half a li", 900);
    expect(engine.deadlineMs).toBe(1600);
    const [listen] = send(engine, "ne\r\nEPSV\r\n", 1000);
    expect(engine.deadlineMs).toBeUndefined();
    engine.settle({ id: idOf(listen), ok: true, value: { type: "address", host: "::1", port: 5 } }, 5000);
    const [transfer] = send(engine, "RETR a\r\n", 5500);
    expect(engine.tick(1_000_000)).toEqual([]);
    engine.settle({ id: idOf(transfer), ok: true }, 2_000_000);
    expect(engine.deadlineMs).toBe(2_001_000);
    engine.takeOutput();
    expect(engine.tick(2_000_999)).toEqual([]);
    expect(engine.tick(2_001_000)).toEqual([{ type: "close", reason: "idle timeout" }]);
    expect(said(engine)).toBe("421 Nothing was asked for too long.\r\n");
    expect(engine.deadlineMs).toBeUndefined();
  });

  it("ends a session that is not logged in, also while a password is checked", () => {
    const engine = start({ loginMs: 1000, idleMs: 700 });
    expect(engine.deadlineMs).toBe(700);
    const [ask] = send(engine, "USER a\r\nPASS b\r\n", 600);
    expect(engine.deadlineMs).toBe(1000);
    expect(engine.tick(1000)).toEqual([{ type: "close", reason: "login timeout" }]);
    expect(engine.settle({ id: idOf(ask), ok: false, kind: "bad-credentials" }, 1100)).toEqual([]);
    expect(said(engine)).toMatch(/^331 .*\r\n421 .*\r\n$/);
  });
});

describe("ends", () => {
  it("shutdown says 421, aborts the transfer and closes; its outcome may still come", () => {
    const engine = login();
    const [listen] = send(engine, "EPSV\r\n");
    engine.settle({ id: idOf(listen), ok: true, value: { type: "address", host: "::1", port: 5 } }, 0);
    const [transfer] = send(engine, "STOR a\r\n");
    const id = idOf(transfer);
    engine.opened(id);
    engine.takeOutput();
    expect(engine.shutdown("Going\r\ndown")).toEqual([
      { type: "abort", id },
      { type: "close", reason: "shutdown" },
    ]);
    expect(said(engine)).toBe("421 Going down\r\n");
    expect(engine.opened(id)).toEqual([]);
    expect(engine.settle({ id, ok: false, kind: "aborted" }, 0)).toEqual([]);
    expect(said(engine)).toBe("");
    expect(engine.shutdown("again")).toEqual([]);
  });

  it("a client that has gone gets its uploads and its last commands done", () => {
    talk(`
      login${PASSIVE}
      C: STOR a
      A: transfer store replace /a
      O: opened
      S: 150~
      C: DELE b
      X: end
      O: ok transferred /a 5
      S: 226~
      A: remove /b
      O: ok
      S: 250~
      A: close peer left`);
    talk(`
      X: end
      A: close peer left`);
  });

  it("a client that sent QUIT behind a transfer is known to leave", () => {
    const engine = login();
    const [stat] = send(engine, "CWD a\r\n");
    send(engine, "QU");
    expect(engine.quitWaits).toBe(false);
    send(engine, "IT\r\n");
    expect(engine.quitWaits).toBe(true);
    engine.settle({ id: idOf(stat), ok: false, kind: "not-found" }, 0);
    expect(engine.phase.name).toBe("closed");
  });

  it("what is no FTP is closed at once, without a word", () => {
    talk(`
      C: GET / HTTP/1.1
      C: USER micro
      A: close spoke HTTP`);
    talk(`
      B: \\x16\\x03\\x01
      A: close spoke TLS`);
    talk(`
      C: SSH-2.0-x
      A: close spoke SSH`);
    talk(`
      login
      C: GET a
      S: 500~`);
  });
});

describe("TELNET", () => {
  it("options are refused in their turn", () => {
    const engine = start();
    engine.receive(Uint8Array.of(...encoder.encode("NOOP\r\n"), 0xff, 0xfb, 1, ...encoder.encode("NOOP\r\n")), 0);
    const noop = [...encoder.encode("200 Still here.\r\n")];
    expect([...engine.takeOutput()]).toEqual([...noop, 0xff, 0xfe, 1, ...noop]);
  });
});

describe("what a client can make us hold", () => {
  it("commands: the socket is paused, and who goes on all the same is sent away", () => {
    const engine = login();
    const [stat] = send(engine, "CWD a\r\n");
    expect(engine.wantsInput).toBe(true);
    send(engine, "NOOP\r\n".repeat(LIMITS.ftpPipelinedCommands.value - 1));
    expect(engine.wantsInput).toBe(true);
    send(engine, "NOOP\r\n");
    expect(engine.wantsInput).toBe(false);
    const flood = "NOOP\r\n".repeat(20_000);
    for (let sent = 0; sent <= LIMITS.ftpPipelinedBytes.value; sent += flood.length) send(engine, flood);
    expect(engine.phase.name).toBe("ready");
    expect(send(engine, "NOOP\r\n")).toEqual([{ type: "close", reason: "too many commands wait" }]);
    engine.settle({ id: idOf(stat), ok: false, kind: "not-found" }, 0);
    expect(said(engine)).toBe("421 Too many commands wait.\r\n");
  });

  it("replies: commands wait for the client to read, and none is lost", () => {
    const engine = login();
    const asked = 2000;
    send(engine, "HELP\r\n".repeat(asked));
    expect(engine.waitsForOutput).toBe(true);
    let answered = 0;
    for (let output = engine.takeOutput(); output.length > 0; output = engine.takeOutput()) {
      expect(output.length).toBeLessThan(LIMITS.ftpReplyBytes.value + 5000);
      answered += decoder.decode(output).split("\r\n214 ").length - 1;
      engine.resume(0);
    }
    expect(answered).toBe(asked);
    expect(engine.waitsForOutput).toBe(false);
    expect(engine.wantsInput).toBe(true);
  });
});

describe("our caller", () => {
  it("is told when it settles what is not under way", () => {
    const engine = login();
    for (const wrong of [() => engine.settle({ id: 99, ok: true }, 0), () => engine.opened(99)]) {
      expect(wrong).toThrowError(expect.objectContaining({ code: "PORTHOLE_ERR_STATE" }));
    }
    engine.transferBytes(99, 1);
    send(engine, "NOOP\r\n");
    expect(said(engine)).toMatch(/^200 /);
  });
});

describe("implicit TLS", () => {
  it("protects data from the start, and REIN leaves it so", () => {
    talk(`
      set tls required
      set secure yes
      login${PASSIVE}
      C: LIST
      A: transfer listing list /
      O: ok transferred / 0
      S: 150~
      S: 226~
      C: AUTH TLS
      S: 503~
      C: REIN
      S: 220~
      A: reset
      login${PASSIVE}
      C: LIST
      A: transfer listing list /
      O: ok transferred / 0
      S: 150~
      S: 226~`);
  });

  it("explicit TLS: REIN makes data connections plain again until PROT is sent", () => {
    talk(`
      set tls available
      C: AUTH TLS-C
      S: 234~
      A: upgrade
      X: secured
      login
      C: PBSZ 0
      S: 200~
      C: PROT P
      S: 200~
      A: protect private
      C: REIN
      S: 220~
      A: reset
      A: protect clear`);
  });
});
