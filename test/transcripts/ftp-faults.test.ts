import { describe, expect, it } from "vitest";
import { createFtpEngine } from "../../src/protocol/ftp/engine.ts";
import { playTalk } from "./ftp-transcript.ts";

/** What other servers are known to do wrong, as far as the engine decides it. */
function talk(text: string): void {
  expect(playTalk(text)).toBeUndefined();
}

const PASSIVE = `
  C: PASV
  A: listen
  O: ok address 127.0.0.1 50000
  S: 227~`;

describe("faults of ftp-srv", () => {
  it("1: commands split over packets are not broken, nor are UTF-8 names; a line without an end is bounded", () => {
    const engine = createFtpEngine({ peer: { address: "127.0.0.1", port: 1 }, nowMs: 0 });
    const bytes = new TextEncoder().encode("USER ümläut\r\n");
    for (const octet of bytes) engine.receive(Uint8Array.of(octet), 0);
    expect(engine.phase).toEqual({ name: "password", user: "ümläut" });
    engine.takeOutput();
    const flood = new TextEncoder().encode("h\r\n".repeat(20_000));
    let owed = 0;
    for (let turn = 0; turn < 10; turn++) {
      engine.receive(flood, 0);
      for (;;) {
        const output = engine.takeOutput().length;
        if (output === 0) break;
        owed = Math.max(owed, output);
        engine.resume(0);
      }
    }
    expect(owed).toBeGreaterThan(0);
    expect(owed).toBeLessThan(70_000);
  });

  it("2: commands sent in plain behind AUTH TLS are never carried out", () => {
    talk(`
      set tls available
      login
      B: AUTH TLS\\r\\nDELE a\\r\\nUSER x
      S: 234~
      A: reset
      A: upgrade
      C: DELE b
      X: secured
      C: PWD
      S: 530 Log in first.`);
  });

  it("4: REST and STOR keep what is before the offset", () => {
    talk(`
      login${PASSIVE}
      C: REST 5
      S: 350~
      C: STOR a
      A: transfer store update /a from=5
      O: opened
      S: 150~
      O: ok transferred /a 3
      S: 226~`);
  });

  it("5: STOR into a missing directory is 550 and nothing else", () => {
    talk(`
      login${PASSIVE}
      C: STOR nowhere/a
      A: transfer store replace /nowhere/a
      O: fail not-found
      S: 550~
      C: NOOP
      S: 200~`);
  });

  it("6: quotes, words with a dash and backslashes stay in names; LIST -la is no path", () => {
    talk(`
      login
      C: DELE my -x "y" a\\\\b
      A: remove /my -x "y" a\\b
      O: ok
      S: 250~${PASSIVE}
      C: LIST -la
      A: transfer listing list /
      O: fail no-data-connection
      S: 425~${PASSIVE}
      C: LIST -l -a -- -la
      A: transfer listing list /-la
      O: fail not-found
      S: 550~
      C: RETR -la
      A: transfer retrieve /-la
      O: fail not-found
      S: 550~
      C: RETR  two blanks 
      A: transfer retrieve / two blanks 
      O: fail not-found
      S: 550~`);
  });

  it("7: DELE removes no directory, RMD no file, MKD of what exists is 550, and no reply tells a path of the host", () => {
    talk(`
      login
      C: DELE dir
      A: remove /dir
      O: fail is-directory
      S: 550 That is a directory.
      C: DELE /
      S: 550 That is a directory.
      C: RMD file
      A: remove-directory /file
      O: fail not-directory
      S: 550 That is not a directory.
      C: RMD /
      S: 550~
      C: MKD dir
      A: make-directory /dir
      O: fail exists
      S: 550 A file or directory of that name already exists.
      C: MKD /
      S: 550~`);
  });

  it("8: RETR of a missing file is answered before there is a data connection, which then serves the next one", () => {
    talk(`
      login${PASSIVE}
      C: RETR nothing
      A: transfer retrieve /nothing
      O: fail not-found
      S: 550~
      C: RETR something
      A: transfer retrieve /something
      O: opened
      S: 150~
      O: ok transferred /something 1
      S: 226~
      C: RETR something
      S: 425 Send PASV or EPSV first.`);
  });

  it("9: NOOP, STAT and ABOR are answered while a transfer runs; other commands wait, QUIT too", () => {
    talk(`
      login${PASSIVE}
      C: RETR a
      A: transfer retrieve /a
      O: opened
      S: 150~
      C: NOOP
      S: 200~
      O: moved 4096
      C: STAT
      S: 211-Status of the server:
      S:  Connected from 127.0.0.1
      S:  Logged in as micro
      S:  TYPE: image; STRU: file; MODE: stream
      S:  Control connection: plain; data connections: plain
      S:  Sending /a: 4096 bytes so far
      S: 211 End of status.
      C: PWD
      C: NOOP
      C: QUIT
      O: ok transferred /a 8192
      S: 226~
      S: 257~
      S: 200~
      S: 221~
      A: close quit`);
  });

  it("10: TYPE A converts; SIZE of an empty file is 0", () => {
    talk(`
      login
      C: SIZE empty
      A: stat /empty
      O: ok file 0
      S: 213 0
      C: TYPE A
      S: 200~${PASSIVE}
      C: STOR a.txt
      A: transfer store replace /a.txt ascii
      O: opened
      S: 150~
      O: ok transferred /a.txt 1
      S: 226~`);
  });

  it("13: wrong logins are counted, USER may be sent again, who does not log in is sent away", () => {
    const wrong = `
      C: USER micro
      S: 331 Send the password.
      C: PASS wrong
      A: authenticate micro wrong
      O: fail bad-credentials`;
    const refused = "S: 530 Wrong user name or password.";
    talk(`${wrong}
      ${refused}${wrong}
      ${refused}${wrong}
      ${refused}${wrong}
      ${refused}${wrong}
      S: 421 Too many wrong logins.
      A: close too many wrong logins`);
    talk(`
      C: USER nobody
      S: 331 Send the password.
      C: NOOP
      S: 200~
      T: 59
      T: 1
      S: 421 Nobody logged in for too long.
      A: close login timeout`);
  });

  it("15: PORT below 1024 and malformed PORT are refused with a reply of one line", () => {
    talk(`
      set active yes
      login
      C: PORT 127,0,0,1,0,80
      S: 504 Ports below 1024 are not connected to.
      C: PORT 127,0,0,1,3,255
      S: 504~
      C: PORT 127,0,0,1,256,1
      S: 501~
      C: PORT 127,0,0,1
      S: 501~
      C: PORT -1,0,0,1,5,5
      S: 501~
      C: PORT 99999999999999999999,0,0,1,5,5
      S: 501~
      C: PORT 10,0,0,1,200,1
      S: 504 That is not your address.
      C: EPRT |1|10.0.0.1|50000|
      S: 504~
      C: EPRT |2|::ffff:127.0.0.1|50000|
      A: connect-to 127.0.0.1 50000
      O: ok
      S: 200~
      C: EPRT |3|x|50000|
      S: 501~
      C: EPRT |3|abcd|50000|
      S: 522 Unknown network protocol, use (1,2)
      C: EPRT |2|127.0.0.1|50000|
      S: 501~
      C: EPRT |1|127.0.0.1|70000|
      S: 501~
      C: EPRT 1 127.0.0.1 50000
      S: 501~`);
  });
});

describe("faults of pyftpdlib", () => {
  it("LIST -a /path lists the path (#407)", () => {
    talk(`
      login${PASSIVE}
      C: LIST -a /path
      A: transfer listing list /path
      O: fail not-found
      S: 550~`);
  });

  it("LIST dir\\*.* of Windows clients lists the directory (#559)", () => {
    talk(`
      login${PASSIVE}
      C: LIST dir\\\\*.*
      A: transfer listing list /dir\\*.*
      O: fail not-found
      A: transfer listing list /dir/*.*
      O: fail not-found
      A: transfer listing list /dir pattern=*
      O: ok transferred /dir 1
      S: 150~
      S: 226~`);
  });

  it("OPTS UTF8 ON is 200, before the login too (#266)", () => {
    talk(`
      C: OPTS UTF8 ON
      S: 200~
      C: OPTS utf-8
      S: 200~
      C: OPTS UTF8 NLST
      S: 200~
      C: OPTS UTF8 OFF
      S: 504~`);
  });

  it("TYPE A N is taken, with any blanks and in any case", () => {
    talk(`
      login
      C: TYPE A N
      S: 200~
      C: type  a
      S: 200~
      C: TYPE L 8
      S: 200~
      C: TYPE L8
      S: 200~
      C: TYPE i 
      S: 200~
      C: TYPE E
      S: 504~
      C: TYPE L 36
      S: 504~
      C: TYPE A T
      S: 504~
      C: TYPE X
      S: 501~
      C: TYPE
      S: 501~`);
  });

  it("commands cannot be slipped in across AUTH TLS", () => {
    talk(`
      set tls available
      C: AUTH TLS
      C: NOOP
      S: 234~
      A: upgrade
      X: secured
      C: SYST
      S: 215~`);
  });

  it("a transfer that is aborted is answered 426 once, and ABOR 226 (#192)", () => {
    talk(`
      login${PASSIVE}
      C: RETR a
      A: transfer retrieve /a
      O: opened
      S: 150~
      C: ABOR
      C: ABOR
      A: abort
      O: ok transferred /a 10
      S: 226 Transfer complete.
      S: 226 Nothing is being transferred now.
      S: 226 Nothing is being transferred now.`);
  });

  it("MLSD of a missing directory is 550, as it is in every command", () => {
    talk(`
      login${PASSIVE}
      C: MLSD a
      A: transfer listing mlsd /a facts=type,size,modify,perm,unix.mode
      O: fail not-found
      S: 550~
      C: LIST a
      A: transfer listing list /a
      O: fail not-found
      S: 550~
      C: NLST a
      A: transfer listing nlst /a prefix=a/
      O: fail not-found
      S: 550~
      C: STAT a
      A: list-inline listing list /a
      O: fail not-found
      S: 550~
      C: CWD a
      A: stat /a
      O: fail not-found
      S: 550~
      C: MLST a
      A: stat /a
      O: fail not-found
      S: 550~
      C: RMD a
      A: remove-directory /a
      O: fail not-found
      S: 550~
      C: RNFR a
      A: stat /a
      O: fail not-found
      S: 550~
      C: SIZE a
      A: stat /a
      O: fail not-found
      S: 550~
      C: MDTM a
      A: stat /a
      O: fail not-found
      S: 550~
      C: AVBL a
      A: free-bytes /a
      O: fail not-found
      S: 550~
      C: HASH a
      A: stat /a
      O: fail not-found
      S: 550~`);
  });
});

describe("faults of ProFTPD", () => {
  it("lines that end in LF alone are taken", () => {
    talk("B: NOOP\\n\nS: 200~");
  });

  it("ABOR ends a transfer at once, also behind commands that wait", () => {
    talk(`
      login${PASSIVE}
      C: STOR a
      A: transfer store replace /a
      C: PWD
      C: ABOR
      A: abort
      O: fail aborted
      S: 426~
      S: 257~
      S: 226~`);
  });

  it("HELP and SITE HELP are answered, before the login too", () => {
    talk(`
      C: HELP
      S: 214*
      C: HELP retr
      S: 214 Syntax: RETR path
      C: HELP XCWD
      S: 214 Syntax: XCWD [path]
      C: HELP me
      S: 504~
      C: SITE HELP
      S: 214*
      C: SITE CHMOD 644 a
      S: 530~`);
  });
});

describe("faults of libunftp", () => {
  it("PORT and EPRT connect to nobody but the client", () => {
    talk(`
      set active yes
      set peer 2001:DB8::7
      login
      C: EPRT |2|2001:db8:0:0::7|50000|
      A: connect-to 2001:db8:0:0:0:0:0:7 50000
      O: ok
      S: 200~
      C: EPRT |2|2001:db8::8|50000|
      S: 504~
      C: PORT 127,0,0,1,200,1
      S: 504~
      C: PASV
      S: 425~
      C: EPSV 1
      S: 522 The network protocol of this connection is another one, use (2)
      C: EPSV x
      S: 501~
      C: EPSV 2
      A: listen extended
      O: fail failed
      S: 425~`);
  });

  it("EPSV ALL is kept to", () => {
    talk(`
      set active yes
      login
      C: EPSV ALL
      S: 200~
      C: PASV
      S: 501~
      C: PORT 127,0,0,1,200,1
      S: 501~
      C: EPRT |1|127.0.0.1|50000|
      S: 501~
      C: EPSV
      A: listen extended
      O: ok address 127.0.0.1 50000
      S: 229~`);
  });
});

describe("faults of the device", () => {
  it("FEAT is answered, and PWD quotes the path", () => {
    talk(`
      C: FEAT
      S: 211*
      login
      C: PWD
      S: 257 "/" is the current directory.`);
  });

  it("MDTM is the time as YYYYMMDDHHMMSS of a file that is there", () => {
    talk(`
      login
      C: MDTM a
      A: stat /a
      O: ok file 1 20200101000000
      S: 213 20200101000000
      C: MDTM a
      A: stat /a
      O: ok file 1
      S: 550 The time of that file is not known.`);
  });

  it("before the login commands are told 530, and USER is told 331", () => {
    talk(`
      C: LIST
      S: 530~
      C: RETR a
      S: 530~
      C: PASS x
      S: 503~
      C: USER a
      S: 331~`);
  });

  it("sizes beyond 32 bits are told", () => {
    talk(`
      login
      C: SIZE big
      A: stat /big
      O: ok file 9007199254740991
      S: 213 9007199254740991
      C: REST 5000000000
      S: 350 The next transfer begins at byte 5000000000.
      C: REST 9007199254740992
      S: 501~
      C: REST -1
      S: 501~
      C: REST 1e3
      S: 501~`);
  });

  it("a broken upload is not answered 226", () => {
    talk(`
      login${PASSIVE}
      C: STOR a
      A: transfer store replace /a
      O: opened
      S: 150~
      O: fail connection-lost
      S: 426~${PASSIVE}
      C: STOR a
      A: transfer store replace /a
      O: opened
      S: 150~
      O: fail stalled
      S: 426~${PASSIVE}
      C: STOR a
      A: transfer store replace /a
      O: opened
      S: 150~
      O: fail refused Only pictures, please.
      S: 550 Only pictures, please.`);
  });

  it("DELE of the root is refused, TYPE is obeyed, and no .. leaves the root", () => {
    talk(`
      login
      C: DELE ../..
      S: 550~
      C: CWD ../../etc
      A: stat /etc
      O: fail not-found
      S: 550~
      C: CDUP
      A: stat /
      O: ok directory
      S: 250~`);
  });

  it("its limits can be had again: passive transfers, asked for with PASV", () => {
    talk(`
      set deviceLimits yes
      set active yes
      login
      C: PORT 127,0,0,1,200,1
      S: 502~
      C: EPSV
      S: 502~${PASSIVE}
      C: LIST
      A: transfer listing list /
      O: ok transferred / 1
      S: 150~
      S: 226~`);
  });
});
