/**
 * What the prompt would show of the next keys, where the thread that owns the socket sees it without asking.
 *
 * One side writes, the other reads; neither waits. A reader that comes while it is being written sees nothing said.
 *
 * @module
 */

const Word = { VERSION: 0, KEY: 1, WRITTEN: 2, COLUMNS: 3, INSERT: 4, ERASE: 5 } as const;
const WORDS = 6;

/** See `KeyEcho`; it holds for one state of the keys, the screen and the terminal. */
export interface EchoPermit {
  /** The number of the last key that the program has taken. */
  readonly key: number;
  /** The count of bytes in the output ring that the prompt reckons with: see `RingWriter.written`. */
  readonly written: number;
  readonly columns: number;
  readonly insert: number;
  readonly erase: number;
}

/** The memory that both ends share; nothing is said in it. */
export function createEchoPermit(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * 4);
}

/** The program's end. */
export class EchoPermitWriter {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared);
  }

  write(permit: EchoPermit): void {
    Atomics.add(this.#words, Word.VERSION, 1);
    Atomics.store(this.#words, Word.KEY, permit.key);
    Atomics.store(this.#words, Word.WRITTEN, permit.written);
    Atomics.store(this.#words, Word.COLUMNS, permit.columns);
    Atomics.store(this.#words, Word.INSERT, permit.insert);
    Atomics.store(this.#words, Word.ERASE, permit.erase);
    Atomics.add(this.#words, Word.VERSION, 1);
  }
}

/** The end of the thread that owns the socket. */
export class EchoPermitReader {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared);
  }

  /** What is said now; undefined while it is being written. */
  read(): EchoPermit | undefined {
    const version = Atomics.load(this.#words, Word.VERSION);
    if (version % 2 !== 0) return undefined;
    const permit: EchoPermit = {
      key: Atomics.load(this.#words, Word.KEY),
      written: Atomics.load(this.#words, Word.WRITTEN),
      columns: Atomics.load(this.#words, Word.COLUMNS),
      insert: Atomics.load(this.#words, Word.INSERT),
      erase: Atomics.load(this.#words, Word.ERASE),
    };
    return Atomics.load(this.#words, Word.VERSION) === version ? permit : undefined;
  }
}
