/**
 * A place in shared memory for one key on its way to the program, which it reaches there sooner than in a message.
 *
 * Only what changes the line that is typed goes this way, such as a letter; what may run something is to come in a turn
 * of the event loop, as from a terminal. A key's number tells whether it comes before a message.
 *
 * @module
 */

const Word = { STATE: 0, NUMBER: 1, LENGTH: 2, IS_SHOWN: 3, SHOWN_AT: 4 } as const;
const EMPTY = 0;
const FULL = 1;
const CLOSED = 2;
const HEADER_BYTES = 20;
/** The longest character that is put together of several, and what terminals send for a key, are shorter. */
const MOST_BYTES = 16;
const SPACE = 0x20;

/** The memory that both ends share. */
export function createKeySlot(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + MOST_BYTES);
}

export class KeySlot {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #data: Uint8Array<SharedArrayBuffer>;
  readonly #wake: () => void;

  /** @param wake - Wakes who takes keys. Default: whoever waits for {@link filled}. */
  constructor(shared: SharedArrayBuffer, wake?: () => void) {
    this.#wake = wake ?? (() => void Atomics.notify(this.#words, Word.STATE));
    this.#words = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.#data = new Uint8Array(shared, HEADER_BYTES);
  }

  /** Puts a key in, `shownAt` as of {@link KeySender.inputShown}; false when it is not one for the slot, or the slot is taken. */
  put(bytes: Uint8Array, number: number, shownAt?: number): boolean {
    if (bytes.length > MOST_BYTES || Atomics.load(this.#words, Word.STATE) !== EMPTY) return false;
    for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) < SPACE) return false;
    this.#data.set(bytes);
    this.#words[Word.NUMBER] = number;
    this.#words[Word.LENGTH] = bytes.length;
    this.#words[Word.IS_SHOWN] = shownAt === undefined ? 0 : 1;
    this.#words[Word.SHOWN_AT] = shownAt ?? 0;
    // Not when it was closed meanwhile.
    Atomics.compareExchange(this.#words, Word.STATE, EMPTY, FULL);
    this.#wake();
    return true;
  }

  /** The number of the key that is in, undefined for none. */
  get number(): number | undefined {
    return Atomics.load(this.#words, Word.STATE) === FULL ? this.#words[Word.NUMBER] : undefined;
  }

  /** Takes the key that is in; `shownAt` as of {@link put}. */
  take(): { readonly bytes: Uint8Array; readonly shownAt: number | undefined } {
    const bytes = new Uint8Array(this.#data.subarray(0, this.#words[Word.LENGTH]));
    const shownAt = this.#words[Word.IS_SHOWN] === 1 ? this.#words[Word.SHOWN_AT] : undefined;
    Atomics.compareExchange(this.#words, Word.STATE, FULL, EMPTY);
    return { bytes, shownAt };
  }

  get isClosed(): boolean {
    return Atomics.load(this.#words, Word.STATE) === CLOSED;
  }

  /** Settles when a key is put in, or the slot is closed; undefined: that is so already. */
  filled(): undefined | Promise<unknown> {
    const sleep = Atomics.waitAsync(this.#words, Word.STATE, EMPTY);
    return sleep.async ? sleep.value : undefined;
  }

  /** Takes no more keys, and ends who waits. */
  close(): void {
    Atomics.store(this.#words, Word.STATE, CLOSED);
    Atomics.notify(this.#words, Word.STATE);
  }
}
