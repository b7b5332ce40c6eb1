/**
 * What is owed to the peer.
 *
 * @module
 */

const NOTHING = new Uint8Array(0);

/** Bytes in order, joined when they are taken. */
export class Output {
  /** Most of the time there is none, or one. */
  #first: Uint8Array | undefined;
  #others: Uint8Array[] | undefined;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  append(piece: Uint8Array): void {
    if (this.#first === undefined) this.#first = piece;
    else {
      this.#others ??= [];
      this.#others.push(piece);
    }
    this.#bytes += piece.length;
  }

  take(): Uint8Array {
    const first = this.#first;
    if (first === undefined) return NOTHING;
    const others = this.#others;
    const bytes = this.#bytes;
    this.#first = undefined;
    this.#others = undefined;
    this.#bytes = 0;
    if (others === undefined) return first;
    const all = new Uint8Array(bytes);
    all.set(first);
    let at = first.length;
    for (const piece of others) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}
