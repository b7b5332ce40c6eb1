/** The payloads of the options, each read and written by its own file. */
import { describe, expect, it } from "vitest";
import { bytesOf } from "./ascii.ts";
import { acceptCharset, parseCharset, REQUEST_UTF_8, utf8Among } from "./charset.ts";
import { Octet } from "./codes.ts";
import { formatMode, LineMode, parseLineMode, SpecialCharacters } from "./linemode.ts";
import { DEFAULT_WINDOW, formatWindow, parseWindow } from "./naws.ts";
import {
  ENVIRONMENT_NAMES,
  ENVIRONMENT_VALUE_BYTES,
  formatEnvironmentRequest,
  parseEnvironment,
} from "./new-environ.ts";
import { formatStatus, isStatusRequest, SEND_STATUS } from "./status.ts";
import { answerTimingMark, TimingMarks } from "./timing-mark.ts";
import { formatTerminalSpeed, parseTerminalSpeed } from "./tspeed.ts";
import { formatTerminalType, parseTerminalType } from "./ttype.ts";

const ascii = (text: string) => Uint8Array.from(bytesOf(text));

describe("NAWS (RFC 1073)", () => {
  it("reads what it writes", () => {
    expect(parseWindow(formatWindow(132, 43))).toEqual({ columns: 132, rows: 43 });
    expect(parseWindow(formatWindow(65_535, 1))).toEqual({ columns: 65_535, rows: 1 });
  });

  it("takes 0 for the usual size", () => {
    expect(parseWindow(formatWindow(0, 50))).toEqual({ columns: DEFAULT_WINDOW.columns, rows: 50 });
    expect(parseWindow(formatWindow(100, 0))).toEqual({ columns: 100, rows: DEFAULT_WINDOW.rows });
  });

  it.each([0, 3, 5, 512])("takes no size from %d bytes", (length) => {
    expect(parseWindow(new Uint8Array(length))).toBeUndefined();
  });
});

describe("TERMINAL-TYPE (RFC 1091)", () => {
  it("gives the name in lower case", () => {
    expect(parseTerminalType(formatTerminalType("XTERM-256COLOR"))).toBe("xterm-256color");
    expect(parseTerminalType(formatTerminalType("MTTS-137"))).toBe("mtts-137");
  });

  it.each(["", "-froot", "xterm\x1b[2J", "a b", "x;reboot", "$(id)", "../../etc/passwd", "x".repeat(41), "\u00e9"])(
    "takes no name from %j",
    (name) => {
      expect(parseTerminalType(Uint8Array.of(0, ...bytesOf(name)))).toBeUndefined();
    },
  );

  it("takes no name from SEND", () => {
    expect(parseTerminalType(Uint8Array.of(1, ...bytesOf("xterm")))).toBeUndefined();
  });
});

describe("TERMINAL-SPEED (RFC 1079)", () => {
  it("reads what it writes", () => {
    expect(parseTerminalSpeed(formatTerminalSpeed(38_400, 9_600))).toEqual({ transmit: 38_400, receive: 9_600 });
  });

  it.each(["", "38400", "38400,", ",1", "1,2,3", "-1,2", "1e9,2", "1234567890,1"])("takes no speed from %j", (text) => {
    expect(parseTerminalSpeed(Uint8Array.of(0, ...bytesOf(text)))).toBeUndefined();
  });
});

describe("STATUS (RFC 859)", () => {
  it("lists the options in force", () => {
    expect([...formatStatus([1, 3], [31])]).toEqual([0, Octet.WILL, 1, Octet.WILL, 3, Octet.DO, 31]);
  });

  it("doubles an option code that looks like SE", () => {
    expect([...formatStatus([240], [])]).toEqual([0, Octet.WILL, 240, 240]);
  });

  it("knows the question", () => {
    expect(isStatusRequest(SEND_STATUS)).toBe(true);
    expect(isStatusRequest(Uint8Array.of(0, Octet.WILL, 1))).toBe(false);
  });
});

describe("NEW-ENVIRON (RFC 1572)", () => {
  const variables = (...parts: (number | string)[]) =>
    parseEnvironment(Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : bytesOf(part)))));

  it("keeps the names on the list, well-known or not", () => {
    expect(variables(0, 3, "LANG", 1, "de_DE.UTF-8", 0, "TERM", 1, "xterm")).toEqual(
      new Map([
        ["LANG", "de_DE.UTF-8"],
        ["TERM", "xterm"],
      ]),
    );
    expect(variables(2, 3, "LANG", 1, "C")).toEqual(new Map([["LANG", "C"]]));
  });

  it.each(["USER", "LD_PRELOAD", "LD_LIBRARY_PATH", "NODE_OPTIONS", "PATH", "TERMCAP", "lang", "__proto__", ""])(
    "throws %j away",
    (name) => {
      expect(variables(0, 0, name, 1, "x", 3, name, 1, "x")).toEqual(new Map());
    },
  );

  it("throws values away that are long, not ASCII or not there", () => {
    expect(variables(0, 3, "LANG", 1, "x".repeat(ENVIRONMENT_VALUE_BYTES))?.get("LANG")).toHaveLength(64);
    expect(variables(0, 3, "LANG", 1, "x".repeat(ENVIRONMENT_VALUE_BYTES + 1))).toEqual(new Map());
    expect(variables(0, 3, "LANG", 1, "a\x1b[2J")).toEqual(new Map());
    expect(variables(0, 3, "LANG", 1, "a\r\nb")).toEqual(new Map());
    expect(variables(0, 3, "LANG")).toEqual(new Map());
  });

  it("takes the first of several", () => {
    expect(variables(0, 3, "LANG", 1, "C", 3, "LANG", 1, "evil")?.get("LANG")).toBe("C");
  });

  it("un-escapes, and an escape at the end is nothing", () => {
    expect(variables(0, 3, "LA", 2, "NG", 1, "C", 2)?.get("LANG")).toBe("C");
    expect(variables(0, 3, "LANG", 1, "a", 2, 0, "b")).toEqual(new Map()); // the value holds a NUL
  });

  it("asks for its own list, and never for USER", () => {
    const request = String.fromCharCode(...formatEnvironmentRequest());
    for (const name of ENVIRONMENT_NAMES) expect(request).toContain(`\x03${name}`);
    expect(request).not.toContain("USER");
  });
});

describe("CHARSET (RFC 2066)", () => {
  it("finds UTF-8 among what is proposed", () => {
    const message = parseCharset(Uint8Array.of(1, ...bytesOf(" ISO-8859-1 utf-8 KOI8-R")));
    expect(message).toEqual({ says: "request", names: ["ISO-8859-1", "utf-8", "KOI8-R"] });
    expect(utf8Among(["ISO-8859-1", "utf-8"])).toBe("utf-8");
    expect(utf8Among(["UTF-16", "ASCII"])).toBeUndefined();
  });

  it("reads a proposal with a translation table in front", () => {
    expect(parseCharset(Uint8Array.of(1, ...bytesOf("[TTABLE]"), 1, ...bytesOf(";UTF-8")))).toEqual({
      says: "request",
      names: ["UTF-8"],
    });
  });

  it("reads what it writes", () => {
    expect(parseCharset(REQUEST_UTF_8)).toEqual({ says: "request", names: ["UTF-8"] });
    expect(parseCharset(acceptCharset("UTF-8"))).toEqual({ says: "accepted", name: "UTF-8" });
    expect(parseCharset(Uint8Array.of(3))).toEqual({ says: "rejected" });
    expect(parseCharset(Uint8Array.of(4, 1, 2))).toEqual({ says: "translation-table" });
  });

  it.each([[[]], [[1]], [[1, 59]], [[9, 1]], [[2, 200]], [[1, 59, 200]]])("takes nothing from %j", (payload) => {
    expect(parseCharset(Uint8Array.from(payload))).toBeUndefined();
  });
});

describe("LINEMODE (RFC 1184)", () => {
  it("reads the mode that the client is in", () => {
    expect(parseLineMode(formatMode(LineMode.TRAPSIG | LineMode.MODE_ACK))).toEqual({ says: "mode", mask: 6 });
    expect(parseLineMode(ascii(""))).toBeUndefined();
    expect(parseLineMode(Uint8Array.of(Octet.WILL, 2))).toBeUndefined(); // FORWARDMASK
  });

  it("acknowledges a special character once", () => {
    const characters = new SpecialCharacters();
    const proposal = Uint8Array.of(3, 0x62, 3); // SLC_IP, flushes, Ctrl-C
    expect(characters.answer(proposal)).toEqual(Uint8Array.of(3, 3, 0xe2, 3));
    expect(characters.answer(proposal)).toBeUndefined();
    expect(characters.answer(Uint8Array.of(3, 0xe2, 3))).toBeUndefined(); // an acknowledgement
    expect(characters.answer(Uint8Array.of(3, 0x62, 4))).toEqual(Uint8Array.of(3, 3, 0xe2, 4));
  });

  it("answers the request for its own characters with nothing, and half a triple with nothing", () => {
    expect(new SpecialCharacters().answer(Uint8Array.of(0, 3, 0, 7, 2))).toBeUndefined();
  });
});

describe("TIMING-MARK (RFC 860)", () => {
  it("answers DO only", () => {
    expect(answerTimingMark(Octet.DO, true)).toBe(Octet.WILL);
    expect(answerTimingMark(Octet.DO, false)).toBe(Octet.WONT);
    for (const verb of [Octet.DONT, Octet.WILL, Octet.WONT]) expect(answerTimingMark(verb, true)).toBeUndefined();
  });

  it("waits for a bounded number of marks", () => {
    const marks = new TimingMarks();
    expect(marks.settle()).toBe(false);
    let asked = 0;
    while (marks.ask()) asked += 1;
    expect(asked).toBe(255);
    expect(marks.settle()).toBe(true);
    expect(marks.ask()).toBe(true);
  });
});
