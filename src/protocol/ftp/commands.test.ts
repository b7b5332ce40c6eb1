import { describe, expect, it } from "vitest";
import { idOf, login, PASSIVE, said, send, talk } from "../../../test/transcripts/ftp-engine.ts";

describe("renaming", () => {
  it("is RNFR and RNTO with nothing in between", () => {
    talk(`
      login
      C: RNTO b
      S: 503~
      C: RNFR a
      A: stat /a
      O: ok file 1
      S: 350~
      C: NOOP
      S: 200~
      C: RNTO b
      S: 503~
      C: RNFR a
      C: RNTO b
      A: stat /a
      O: ok file 1
      S: 350~
      A: rename /a /b
      O: fail exists
      S: 550~
      C: RNTO b
      S: 503~
      C: RNFR /
      S: 550~`);
  });
});

describe("REST", () => {
  it("counts for the next transfer command and no further one", () => {
    talk(`
      login
      C: REST 10
      S: 350~${PASSIVE}
      C: LIST
      A: transfer listing list /
      O: ok transferred / 0
      S: 150~
      S: 226~${PASSIVE}
      C: RETR a
      A: transfer retrieve /a
      O: ok transferred /a 0
      S: 150~
      S: 226~`);
  });

  it("beyond the end of the file is 554", () => {
    talk(`
      login${PASSIVE}
      C: REST 10
      S: 350~
      C: RETR a
      A: transfer retrieve /a from=10
      O: fail unsupported
      S: 554~
      C: REST 10
      S: 350~
      C: STOR a
      A: transfer store update /a from=10
      O: fail unsupported
      S: 554~`);
  });

  it("does not go with TYPE A, APPE and STOU", () => {
    talk(`
      login${PASSIVE}
      C: REST 10
      S: 350~
      C: APPE a
      S: 503~
      C: REST 10
      S: 350~
      C: STOU a
      S: 503~
      C: REST 10
      S: 350~
      C: TYPE A
      S: 200~
      C: RETR a
      S: 554~
      C: REST 10
      S: 501~
      C: REST 0
      S: 350~`);
  });
});

describe("replies to what a store says", () => {
  it("follow RFC 959", () => {
    const put = (kind: string, code: number) => `
      C: STOR a
      A: transfer store replace /a
      O: fail ${kind}
      S: ${code}~`;
    talk(`
      login${PASSIVE}${put("no-space", 452)}${put("over-quota", 552)}${put("too-large", 552)}${put("denied", 550)}
      ${put("bad-name", 553)}${put("busy", 450)}${put("gone", 451)}${put("failed", 451)}${put("is-directory", 550)}
      ${put("unsupported", 504)}
      C: CWD a
      A: stat /a
      O: fail bad-name
      S: 550~
      C: STOR ${"x".repeat(256)}
      S: 553~
      C: RETR ${"x".repeat(256)}
      S: 550~
      C: MDTM 20240229123456 ${"x".repeat(250)}
      A: set-modified /${"x".repeat(250)} 1709210096000
      O: fail unsupported
      S: 504~`);
  });

  it("hold what the program says, on one line", () => {
    const engine = login();
    const [action] = send(engine, "DELE a\r\n");
    engine.settle({ id: idOf(action), ok: false, kind: "denied", peerText: "no\r\n226 yes\0" }, 0);
    expect(said(engine)).toBe("550 no 226 yes \r\n");
  });
});

describe("arguments", () => {
  it("with NUL or CR are refused; other control characters are part of a name", () => {
    talk(`
      login
      C: DELE a\\0b
      S: 501~
      B: DELE a\\rb\\r\\n
      S: 501~
      C: DELE \\x1b[2J
      A: remove /\x1b[2J
      O: ok
      S: 250~
      C: DELE
      S: 501 Syntax: DELE path
      C: XYZZY a
      S: 500 XYZZY is no command.
      C: \\x01\\x02 a
      S: 500 That is no command.`);
  });

  it("ACCT, LANG, SMNT, MFCT, STRU, MODE and ALLO are answered as they should", () => {
    talk(`
      C: LANG de
      S: 502~
      C: ACCT a
      S: 202~
      login
      C: SMNT a
      S: 502~
      C: MFCT 20240101000000 a
      S: 502~
      C: STRU F
      S: 200~
      C: STRU R
      S: 504~
      C: STRU X
      S: 501~
      C: MODE s
      S: 200~
      C: MODE Z
      S: 504~
      C: MODE X
      S: 501~
      C: ALLO 0
      S: 200~
      C: ALLO x
      S: 501~
      C: ALLO 99999999999999999999999
      S: 501~
      C: MFMT yesterday a
      S: 501~
      C: SITE
      S: 501~
      C: SITE CHMOD 999 a
      S: 501~
      C: SITE CHMOD 4755 a
      S: 501~
      C: SITE UTIME a
      S: 501~
      C: OPTS X
      S: 501~
      C: XMD5 "a
      S: 501~
      C: XMD5 "a" 5 4
      S: 501~`);
  });

  it("CWD without a path and CWD ~ go to the root; a trailing slash does no harm", () => {
    talk(`
      login
      C: CWD a/
      A: stat /a
      O: ok directory
      S: 250~
      C: CWD b
      A: stat /a/b
      O: ok file 1
      S: 550 That is not a directory.
      C: CWD ~
      A: stat /
      O: ok directory
      S: 250~
      C: CWD 
      A: stat /
      O: ok directory
      S: 250~
      C: CWD ${"é".repeat(127)}x
      A: stat /${"é".repeat(127)}x
      O: ok directory
      S: 250~
      C: PWD
      S: 257 "/${"é".repeat(127)}x" is the current directory.
      C: CWD /${"é".repeat(128)}
      S: 550~`);
  });
});

describe("listings", () => {
  it("NLST names are usable as they stand", () => {
    const nlst = (argument: string, action: string) => `${PASSIVE}
      C: NLST ${argument}
      A: transfer listing nlst ${action}
      O: ok transferred / 0
      S: 150~
      S: 226~`;
    talk(`
      login${nlst("", "/")}${nlst(".", "/")}${nlst("./", "/")}${nlst("/", "/ prefix=/")}${nlst("a", "/a prefix=a/")}
      ${nlst("/a/", "/a prefix=/a/")}${nlst("..", "/ prefix=../")}`);
  });
});

describe("ALLO", () => {
  it("counts for the next transfer command and no further one", () => {
    talk(`
      login
      C: ALLO 10
      S: 200~${PASSIVE}
      C: STOR a
      A: transfer store replace /a expects=10
      O: ok transferred /a 10
      S: 150~
      S: 226~${PASSIVE}
      C: STOR a
      A: transfer store replace /a
      O: ok transferred /a 10
      S: 150~
      S: 226~`);
  });
});
