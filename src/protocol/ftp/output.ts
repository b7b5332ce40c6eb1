/**
 * What is owed to the peer.
 *
 * @module
 */

const NOTHING = new Uint8Array(0);
const MOST_ASCII = 0x7f;
/** One unit of a text becomes at most so many octets of UTF-8. */
const MOST_OCTETS = 3;

const encoder = new TextEncoder();

/** Replies of all sessions lie here one behind the other, none in another's place. */
const SHEET_BYTES = 4096;
const MOST_ON_SHEET_BYTES = 512;
let sheet = new Uint8Array(SHEET_BYTES);
let usedBytes = 0;

/** Texts and octets in order, joined when they are taken. */
export class Output {
  /** Behind the pieces; most of the time there are none. */
  #text = "";
  #isAscii = true;
  #pieces: Uint8Array[] | undefined;
  #bytes = 0;

  /** Never less than what is owed; text beyond ASCII is counted at its most. */
  get bytes(): number {
    return this.#bytes;
  }

  append(text: string): void {
    const isAscii = isAsciiText(text);
    this.#isAscii &&= isAscii;
    this.#text = this.#text === "" ? text : this.#text + text;
    this.#bytes += isAscii ? text.length : text.length * MOST_OCTETS;
  }

  appendOctets(octets: Uint8Array): void {
    this.#pieces ??= [];
    if (this.#text !== "") this.#pieces.push(this.#takeText());
    this.#pieces.push(octets);
    this.#bytes += octets.length;
  }

  take(): Uint8Array {
    const pieces = this.#pieces;
    this.#pieces = undefined;
    this.#bytes = 0;
    if (pieces === undefined) return this.#text === "" ? NOTHING : this.#takeText();
    pieces.push(this.#takeText());
    const all = new Uint8Array(pieces.reduce((bytes, piece) => bytes + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  #takeText(): Uint8Array {
    const octets = this.#isAscii ? asciiOctets(this.#text) : encoder.encode(this.#text);
    this.#text = "";
    this.#isAscii = true;
    return octets;
  }
}

function isAsciiText(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > MOST_ASCII) return false;
  return true;
}

/** For a reply's few octets sooner done than the encoder is called. */
function asciiOctets(text: string): Uint8Array {
  const octets = newOctets(text.length);
  for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i);
  return octets;
}

/** A small array of its own costs more: it lies in the engine's heap, and is moved out of it when the system is given it. */
function newOctets(count: number): Uint8Array {
  if (count > MOST_ON_SHEET_BYTES) return new Uint8Array(count);
  if (usedBytes + count > SHEET_BYTES) {
    sheet = new Uint8Array(SHEET_BYTES);
    usedBytes = 0;
  }
  const start = usedBytes;
  usedBytes += count;
  return sheet.subarray(start, usedBytes);
}
