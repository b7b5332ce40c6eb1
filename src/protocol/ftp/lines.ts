/**
 * The control connection's bytes as command lines: what TELNET leaves in them is taken out (RFC 959 §4.1), and what is no
 * FTP at all is told apart.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import { Octet } from "../telnet/codes.ts";
import { type ForeignProtocol, HTTP_METHODS, TLS_HANDSHAKE } from "../text/foreign.ts";

export type ClientLine =
  /** `verb` is upper case; `argument` is everything behind one blank, untouched, or empty. */
  | { readonly type: "command"; readonly verb: string; readonly argument: string }
  /** Over `LIMITS.ftpCommandBytes`; the line was skipped. */
  | { readonly type: "too-long" }
  /** A TELNET option was asked for: these octets refuse it. */
  | { readonly type: "option"; readonly refusal: Uint8Array }
  /** An HTTP request line, a TLS hello or an SSH banner. */
  | { readonly type: "foreign"; readonly protocol: ForeignProtocol };

export interface LineReader {
  /** Adds bytes; they are read, not copied, until `keep()`. */
  push(chunk: Uint8Array): void;
  /** The next line, undefined when no whole one is there. Empty lines are passed over. */
  next(): ClientLine | undefined;
  /** Bytes pushed that `next()` has not looked at yet. */
  readonly waitingBytes: number;
  /** Copies what was not looked at, so that the pushed chunk is its owner's again. */
  keep(): void;
  /** Drops everything, half a line too. */
  clear(): void;
}

const FIRST_LINE_BYTES = 256;
const NOTHING = new Uint8Array(0);
const LF = 10;
const CR = 13;
const NUL = 0;
const BLANK = 32;
const DEL = 127;
const LINE_END_BYTES = 2;
/** Lines longer than this go the ordinary way; far below `LIMITS.ftpCommandBytes`. */
const PLAIN_LINE_BYTES = 512;
/** Octets from here on begin no UTF-8 name of any verb: left-overs of a TELNET synch whose urgent octet was lost. */
const FIRST_LEFT_OVER = 0xf0;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Bytes as text: UTF-8 (RFC 2640), or, when they are not that, Latin-1, which keeps every octet and is what clients
 * without UTF-8 send.
 */
function decodeLine(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    let text = "";
    for (const octet of bytes) text += String.fromCharCode(octet);
    return text;
  }
}

type TelnetState = "data" | "command" | "will" | "do" | "ignored-option" | "subnegotiation" | "subnegotiation-command";

class ControlLineReader implements LineReader {
  #pushed = NOTHING;
  #at = 0;
  /** The beginning of a line whose end has not come; made when there is one. */
  #line = NOTHING;
  #length = 0;
  #tooLong = false;
  #untouched = true;
  /** The line ended with the CR of a lone `ABOR CR`; an LF behind it belongs to it. */
  #endedByCr = false;
  #telnet: TelnetState = "data";
  #subnegotiationBytes = 0;

  get waitingBytes(): number {
    return this.#pushed.length - this.#at;
  }

  push(chunk: Uint8Array): void {
    if (this.waitingBytes === 0) {
      this.#pushed = chunk as Uint8Array<ArrayBuffer>;
    } else {
      const joined = new Uint8Array(this.waitingBytes + chunk.length);
      joined.set(this.#pushed.subarray(this.#at));
      joined.set(chunk, this.waitingBytes);
      this.#pushed = joined;
    }
    this.#at = 0;
  }

  keep(): void {
    // Not slice(): that of Node's Buffer copies nothing, and what came in a large block would hold all of it.
    this.#pushed = this.waitingBytes === 0 ? NOTHING : new Uint8Array(this.#pushed.subarray(this.#at));
    this.#at = 0;
  }

  clear(): void {
    this.#pushed = NOTHING;
    this.#at = 0;
    this.#length = 0;
    this.#tooLong = false;
    this.#endedByCr = false;
    this.#telnet = "data";
    this.#untouched = true;
  }

  next(): ClientLine | undefined {
    while (this.#at < this.#pushed.length) {
      const end = this.#length === 0 ? this.#plainEnd() : -1;
      if (end >= 0) {
        const line = parseLine(asText(this.#pushed, this.#at, end));
        this.#at = end + LINE_END_BYTES;
        this.#untouched = false;
        if (line !== undefined) return line;
        continue;
      }
      const octet = this.#pushed[this.#at++] as number;
      const line = this.#telnet === "data" ? this.#data(octet) : this.#command(octet);
      if (line !== undefined) return line;
    }
    return undefined;
  }

  /**
   * Where the line ends that begins here, when nothing about it is special: it is whole and not long, it ends with CR LF,
   * and it is text in ASCII. Lines are nearly always so, and then need not be looked at octet by octet.
   */
  #plainEnd(): number {
    if (this.#telnet !== "data" || this.#endedByCr || this.#tooLong) return -1;
    const pushed = this.#pushed;
    const most = Math.min(pushed.length - 1, this.#at + PLAIN_LINE_BYTES);
    for (let at = this.#at; at < most; at++) {
      const octet = pushed[at] as number;
      if (octet > BLANK ? octet < DEL : octet === BLANK && at > this.#at) continue;
      return octet === CR && pushed[at + 1] === LF ? at : -1;
    }
    return -1;
  }

  #command(octet: number): ClientLine | undefined {
    const state = this.#telnet;
    this.#telnet = "data";
    switch (state) {
      case "command":
        if (octet === Octet.IAC) return this.#append(octet);
        if (octet === Octet.WILL) this.#telnet = "will";
        else if (octet === Octet.DO) this.#telnet = "do";
        else if (octet === Octet.WONT || octet === Octet.DONT) this.#telnet = "ignored-option";
        else if (octet === Octet.SB) {
          this.#telnet = "subnegotiation";
          this.#subnegotiationBytes = 0;
        } else if (octet < Octet.EOF) return this.#data(octet); // the command's own octet was the urgent one
        return undefined;
      case "will":
        return { type: "option", refusal: Uint8Array.of(Octet.IAC, Octet.DONT, octet) };
      case "do":
        return { type: "option", refusal: Uint8Array.of(Octet.IAC, Octet.WONT, octet) };
      case "subnegotiation":
      case "subnegotiation-command":
        if (state === "subnegotiation-command" && octet === Octet.SE) return undefined;
        if (++this.#subnegotiationBytes >= LIMITS.telnetSubnegotiationBytes.value) return undefined;
        this.#telnet = state === "subnegotiation" && octet === Octet.IAC ? "subnegotiation-command" : "subnegotiation";
        return undefined;
      default:
        return undefined;
    }
  }

  #data(octet: number): ClientLine | undefined {
    const untouched = this.#untouched;
    this.#untouched = false;
    if (this.#endedByCr) {
      this.#endedByCr = false;
      if (octet === LF || octet === NUL) return undefined;
    }
    if (octet === Octet.IAC) {
      this.#telnet = "command";
      return undefined;
    }
    if (octet === LF) return this.#end();
    if (untouched && octet === TLS_HANDSHAKE) return { type: "foreign", protocol: "TLS" };
    if (octet === CR && this.#isAbort()) {
      this.#endedByCr = true;
      return this.#end();
    }
    return this.#append(octet);
  }

  #append(octet: number): undefined {
    if (this.#length === 0 && octet >= FIRST_LEFT_OVER) return;
    if (this.#length === LIMITS.ftpCommandBytes.value) {
      if (octet !== CR) this.#tooLong = true; // the CR of the line's end is not counted
      return;
    }
    if (this.#length === this.#line.length) {
      const longer = new Uint8Array(Math.max(FIRST_LINE_BYTES, this.#line.length * 2));
      longer.set(this.#line);
      this.#line = longer;
    }
    this.#line[this.#length++] = octet;
  }

  #isAbort(): boolean {
    if (this.#length !== 4) return false;
    return String.fromCharCode(...this.#line.subarray(0, 4)).toUpperCase() === "ABOR";
  }

  #end(): ClientLine | undefined {
    let start = 0;
    let end = this.#length;
    while (end > 0 && this.#line[end - 1] === CR) end--;
    while (start < end && this.#line[start] === BLANK) start++;
    const text = decodeLine(this.#line.subarray(start, end));
    const tooLong = this.#tooLong;
    this.#line = NOTHING;
    this.#length = 0;
    this.#tooLong = false;
    return parseLine(text, tooLong);
  }
}

/** Octets of ASCII as text. */
function asText(bytes: Uint8Array, start: number, end: number): string {
  const octets: number[] = [];
  for (let at = start; at < end; at++) octets.push(bytes[at] as number);
  return String.fromCharCode(...octets);
}

/** Undefined: it is empty. */
function parseLine(text: string, tooLong = false): ClientLine | undefined {
  if (text === "" && !tooLong) return undefined;
  const blank = text.indexOf(" ");
  const verb = blank < 0 ? text : text.slice(0, blank);
  if (HTTP_METHODS.has(verb)) return { type: "foreign", protocol: "HTTP" };
  if (verb.startsWith("SSH-")) return { type: "foreign", protocol: "SSH" };
  if (tooLong) return { type: "too-long" };
  return { type: "command", verb: verb.toUpperCase(), argument: blank < 0 ? "" : text.slice(blank + 1) };
}

/** A reader at the start of a connection. */
export function createLineReader(): LineReader {
  return new ControlLineReader();
}
