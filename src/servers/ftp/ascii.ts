/**
 * TYPE A: line ends of the network (CR LF) and of a store (LF), RFC 959 §3.1.1.1. Bytes in, bytes out, cut anywhere.
 *
 * @module
 */

const LF = 10;
const CR = 13;

/** Turns a store's lines into those of the network: every LF that no CR precedes becomes CR LF. */
export class ToNetworkLines {
  #afterCr = false;

  /**
   * @param chunk - Read only; may be reused after the call.
   * @param target - At least twice as long as the chunk.
   * @returns how many bytes of `target` are used.
   */
  convert(chunk: Uint8Array, target: Buffer): number {
    let used = 0;
    let from = 0;
    for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, lf + 1)) {
      const bare = lf === 0 ? !this.#afterCr : chunk[lf - 1] !== CR;
      if (!bare) continue;
      target.set(chunk.subarray(from, lf), used);
      used += lf - from;
      target[used++] = CR;
      target[used++] = LF;
      from = lf + 1;
    }
    target.set(chunk.subarray(from), used);
    if (chunk.length > 0) this.#afterCr = chunk[chunk.length - 1] === CR;
    return used + chunk.length - from;
  }
}

/** Turns the network's lines into those of a store: CR LF becomes LF; a CR alone stays. */
export class FromNetworkLines {
  #heldCr = false;

  /** @returns the converted bytes; they may lie in `chunk`, which is overwritten. */
  convert(chunk: Buffer): Buffer {
    if (chunk.length === 0) return chunk;
    let source = chunk;
    if (this.#heldCr) {
      this.#heldCr = false;
      if (chunk[0] !== LF) source = Buffer.concat([Buffer.of(CR), chunk]);
    }
    let length = source.length;
    if (source[length - 1] === CR) {
      this.#heldCr = true;
      length--;
    }
    let cr = source.indexOf(CR);
    if (cr === -1 || cr >= length) return source.subarray(0, length);
    let used = 0;
    let from = 0;
    for (; cr !== -1 && cr < length; cr = source.indexOf(CR, cr + 1)) {
      if (source[cr + 1] !== LF) continue;
      source.copy(source, used, from, cr);
      used += cr - from;
      from = cr + 1;
    }
    source.copy(source, used, from, length);
    return source.subarray(0, used + length - from);
  }

  /** What is still held back at the end of the file. */
  end(): Buffer {
    return this.#heldCr ? Buffer.of(CR) : Buffer.alloc(0);
  }
}
