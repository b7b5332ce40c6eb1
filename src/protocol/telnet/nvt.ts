/**
 * The Network Virtual Terminal of RFC 854: what ends a line, in what is typed, in what is shown and in what is sent.
 *
 * @module
 */

import { Copier, SHORT, viewOf } from "./bytes.ts";
import { Octet } from "./codes.ts";

const DATA_242: Uint8Array = Uint8Array.of(Octet.DM);
const NUL = 0;
const LF = 10;
const CR = 13;
const IN_KEYS: readonly number[] = [CR, LF, Octet.DM];
const IN_TEXT: readonly number[] = [CR, Octet.IAC];
const IN_BINARY: readonly number[] = [Octet.IAC];

/** Takes a piece of data: `bytes` from `from` to before `to`. */
type Emit = (bytes: Uint8Array, from: number, to: number) => void;

/** Takes data in the order of the stream, cut anywhere; gives it on through `emit`, as it is where nothing changes. */
export interface NvtReader {
  /** Looks at a whole chunk before its pieces come: when nothing in it has to change, they need no look each. */
  begin(chunk: Uint8Array): void;
  /**
   * Takes `bytes` from `from` to before `to`: at least one.
   *
   * @param binary - Whether the peer's BINARY (RFC 856) is on for them.
   */
  read(bytes: Uint8Array, from: number, to: number, binary: boolean, emit: Emit): void;
}

/**
 * Reads a keyboard: every Return becomes one CR (13).
 *
 * Clients send a Return as CR LF (PuTTY, Windows, npm clients), CR NUL (inetutils), CR (expect scripts, PuTTY in
 * BINARY) or LF (netcat). So CR is a Return, an LF or NUL right behind it belongs to it, and an LF alone is a Return.
 * BINARY changes nothing here: RFC 856 takes the meaning from CR LF and CR NUL, but a client that switches to it for
 * the sake of UTF-8 goes on typing Returns in whatever way it always did, and nobody types NUL right behind Return.
 *
 * A lone 242 is dropped: it is the DM of a Synch whose IAC was sent as TCP urgent data (inetutils), which Node
 * loses. 242 also begins UTF-8 characters of planes 8 to 11, so it stays when a continuation byte follows.
 */
export class KeyReader implements NvtReader {
  #afterReturn = false;
  #mark = false; // a 242 that waits for the next byte
  #unchanged = false; // nothing in this chunk has to change
  #lostUrgentByte: (() => void) | undefined;

  /** @param lostUrgentByte - Called at the first trace of one, in its place between the keys. */
  constructor(lostUrgentByte: () => void) {
    this.#lostUrgentByte = lostUrgentByte;
  }

  begin(chunk: Uint8Array): void {
    this.#unchanged = !needsChange(chunk, 0, chunk.length);
  }

  read(bytes: Uint8Array, from: number, to: number, _binary: boolean, emit: Emit): void {
    const first = bytes[from];
    let start = from;
    if (this.#afterReturn) {
      this.#afterReturn = false;
      if (first === LF || first === NUL) start += 1;
    }
    if (this.#mark) {
      this.#mark = false;
      if (isContinuation(first)) emit(DATA_242, 0, 1);
      else this.#tellLostUrgentByte();
    }
    if (start === to) return;
    if (this.#unchanged || !needsChange(bytes, start, to)) emit(bytes, start, to);
    else this.#change(viewOf(bytes, start, to), emit);
  }

  #change(bytes: Uint8Array, emit: Emit): void {
    const { length } = bytes;
    const keys = new Uint8Array(length);
    const copier = new Copier(bytes, keys, IN_KEYS);
    let at = 0;
    let from = 0; // of what has not been given on
    let count = 0; // where the next key goes: never ahead of `at`
    while (at < length) {
      const run = copier.copy(at, count);
      at += run;
      count += run;
      if (at === length) break;
      const octet = bytes[at++] as number;
      if (!isSpecial(octet)) {
        keys[count++] = octet;
        continue;
      }
      if (octet !== Octet.DM) {
        keys[count++] = CR;
        if (octet === LF) continue;
        if (at === length) this.#afterReturn = true;
        else if (bytes[at] === LF || bytes[at] === NUL) at += 1;
      } else if (at === length) {
        this.#mark = true;
      } else if (isContinuation(bytes[at])) {
        keys[count++] = octet;
      } else if (this.#lostUrgentByte !== undefined) {
        if (count > from) emit(keys, from, count);
        from = count;
        this.#tellLostUrgentByte();
      }
    }
    if (count > from) emit(keys, from, count);
  }

  #tellLostUrgentByte(): void {
    this.#lostUrgentByte?.();
    this.#lostUrgentByte = undefined;
  }
}

function isSpecial(octet: number): boolean {
  return octet <= CR ? octet === CR || octet === LF : octet === Octet.DM;
}

function isContinuation(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 0x80 && octet < 0xc0;
}

/** Is there a CR, an LF or a 242? */
function needsChange(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > SHORT) {
    const part = viewOf(bytes, from, to);
    return part.includes(CR) || part.includes(LF) || part.includes(Octet.DM);
  }
  for (let at = from; at < to; at += 1) if (isSpecial(bytes[at] as number)) return true;
  return false;
}

/** Reads text as an NVT printer does: the NUL of CR NUL is taken out, CR LF stays; in BINARY everything stays. */
export class TextReader implements NvtReader {
  #afterReturn = false;
  #unchanged = false; // nothing in this chunk has to change

  begin(chunk: Uint8Array): void {
    this.#unchanged = !chunk.includes(NUL);
  }

  read(bytes: Uint8Array, from: number, to: number, binary: boolean, emit: Emit): void {
    if (this.#unchanged || binary) {
      this.#afterReturn = !binary && bytes[to - 1] === CR;
      emit(bytes, from, to);
      return;
    }
    const text = new Uint8Array(to - from);
    let count = 0;
    for (let at = from; at < to; at += 1) {
      const octet = bytes[at] as number;
      if (octet !== NUL || !this.#afterReturn) text[count++] = octet;
      this.#afterReturn = octet === CR;
    }
    if (count > 0) emit(text, 0, count);
  }
}

/**
 * Writes data: 255 is doubled, and a CR that no LF follows gets its NUL, unless our BINARY is on.
 *
 * A CR goes out at once; whether it needs a NUL shows when the next byte is written.
 */
export class NvtWriter {
  #afterReturn = false;

  /** Gives the encoded bytes to `emit`: the same view when nothing had to change. */
  write(bytes: Uint8Array, binary: boolean, emit: (bytes: Uint8Array) => void): void {
    if (bytes.length === 0) return;
    const owesNul = this.#afterReturn && !binary && bytes[0] !== LF;
    if (!owesNul && bytes.indexOf(Octet.IAC) < 0 && (binary || !hasBareReturn(bytes))) {
      this.#afterReturn = !binary && bytes[bytes.length - 1] === CR;
      emit(bytes);
      return;
    }
    const wire = new Uint8Array(2 * bytes.length + 1);
    const count = encode(bytes, wire, this.#afterReturn && !binary, !binary);
    this.#afterReturn = !binary && bytes[bytes.length - 1] === CR;
    emit(wire.subarray(0, count));
  }
}

/** Doubles 255s and, with `nuls`, gives bare CRs their NUL; gives the length. */
function encode(bytes: Uint8Array, wire: Uint8Array, startsAfterReturn: boolean, nuls: boolean): number {
  const { length } = bytes;
  const copier = new Copier(bytes, wire, nuls ? IN_TEXT : IN_BINARY);
  let at = 0;
  let count = 0;
  if (startsAfterReturn && bytes[0] !== LF) wire[count++] = NUL;
  while (at < length) {
    const run = copier.copy(at, count);
    at += run;
    count += run;
    if (at === length) break;
    const octet = bytes[at++] as number;
    wire[count++] = octet;
    if (octet === Octet.IAC) wire[count++] = octet;
    else if (octet === CR && nuls && at < length && bytes[at] !== LF) wire[count++] = NUL;
  }
  return count;
}

/** Is there a CR with something other than LF behind it? One at the very end is not known yet. */
function hasBareReturn(bytes: Uint8Array): boolean {
  let at = bytes.indexOf(CR);
  while (at >= 0 && at < bytes.length - 1) {
    if (bytes[at + 1] !== LF) return true;
    at = bytes.indexOf(CR, at + 2);
  }
  return false;
}
