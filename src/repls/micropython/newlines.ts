/**
 * Gives bare line feeds their carriage return, as a board's serial line does.
 *
 * @module
 */

const CR = 13;
const LF = 10;

/** Keeps in mind whether the last chunk ended in a carriage return. */
export class Newlines {
  #afterCr = false;

  /** @returns the same array when nothing had to be added. */
  complete(bytes: Uint8Array): Uint8Array {
    let bare = 0;
    let afterCr = this.#afterCr;
    for (const byte of bytes) {
      if (byte === LF && !afterCr) bare++;
      afterCr = byte === CR;
    }
    if (bare === 0) {
      this.#afterCr = afterCr;
      return bytes;
    }
    const result = new Uint8Array(bytes.length + bare);
    let at = 0;
    afterCr = this.#afterCr;
    for (const byte of bytes) {
      if (byte === LF && !afterCr) result[at++] = CR;
      result[at++] = byte;
      afterCr = byte === CR;
    }
    this.#afterCr = afterCr;
    return result;
  }
}
