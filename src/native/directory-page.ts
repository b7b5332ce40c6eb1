/**
 * A part of a directory as the system tells it, names and what lstat(2) says of each: in one piece of
 * memory, which threads may share.
 *
 * @module
 */

/** What lstat(2) tells, without Node's objects for it. */
export interface FileStatus {
  /** Type and permission bits, `st_mode`. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, rounded down. */
  readonly modifiedMs: number;
}

/** Some 250 short names: about a millisecond's work. */
export const NAMES_BYTES = 8192;

/** Offsets in `struct linux_dirent64`; the name ends with NUL. */
const RECORD = { bytes: 16, name: 19, leastBytes: 24 };
const MOST_NAMES = Math.floor(NAMES_BYTES / RECORD.leastBytes);
/** Of a status: mode, size and time. The mode of what is gone, or can't be looked at, is 0. */
const STATUS_NUMBERS = 3;
const NAMES_AT = 8;
const STATUSES_AT = NAMES_AT + NAMES_BYTES;
const PAGE_BYTES = STATUSES_AT + MOST_NAMES * STATUS_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
const DOT = 46;

export class DirectoryPage {
  /** Makes the same page in another thread. */
  readonly memory: SharedArrayBuffer;
  /** One word, 0 at first, for threads that share the page. */
  readonly claim: Int32Array;
  /** What getdents64(2) writes. Shared memory is never moved. */
  readonly names: Buffer;
  readonly #records: DataView;
  readonly #statuses: Float64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(PAGE_BYTES)) {
    this.memory = memory;
    this.claim = new Int32Array(memory, 0, 1);
    this.names = Buffer.from(memory, NAMES_AT, NAMES_BYTES);
    this.#records = new DataView(memory, NAMES_AT, NAMES_BYTES);
    this.#statuses = new Float64Array(memory, STATUSES_AT);
  }

  /** Fills in what is found of each name: `look` is told where the name is, and answers with `set`. Returns how many there are. */
  lookAtEach(bytes: number, look: (nameAt: number, index: number) => void): number {
    let index = 0;
    for (let record = 0; record < bytes; record += this.#records.getUint16(record + RECORD.bytes, true)) {
      look(record + RECORD.name, index++);
    }
    return index;
  }

  set(index: number, mode: number, sizeBytes: number, modifiedMs: number): void {
    const at = index * STATUS_NUMBERS;
    this.#statuses[at] = mode;
    this.#statuses[at + 1] = sizeBytes;
    this.#statuses[at + 2] = modifiedMs;
  }

  /**
   * Tells each name that is there. Names that are not UTF-8, "." and "..", and what is gone or can't be looked at are left
   * out.
   *
   * @param count - How many names were read.
   * @param found - The status is the same object at each call.
   */
  forEach(count: number, found: (name: string, status: FileStatus) => void): void {
    const status = { mode: 0, sizeBytes: 0, modifiedMs: 0 };
    let record = 0;
    for (let index = 0; index < count; index++) {
      const at = index * STATUS_NUMBERS;
      status.mode = this.#statuses[at] as number;
      status.sizeBytes = this.#statuses[at + 1] as number;
      status.modifiedMs = this.#statuses[at + 2] as number;
      const name = status.mode === 0 ? undefined : readName(this.names, record + RECORD.name);
      if (name !== undefined) found(name, status);
      record += this.#records.getUint16(record + RECORD.bytes, true);
    }
  }
}

/** The name at `start`; undefined for "." and "..", and for octets that are not UTF-8. */
function readName(names: Buffer, start: number): string | undefined {
  let ascii = true;
  let end = start;
  for (; names[end] !== 0; end++) if ((names[end] as number) > 127) ascii = false;
  if (ascii) {
    const dots = names[start] === DOT && (end === start + 1 || (end === start + 2 && names[start + 1] === DOT));
    return dots ? undefined : names.toString("latin1", start, end);
  }
  const name = names.toString("utf8", start, end);
  return name.includes("\uFFFD") && !Buffer.from(name).equals(names.subarray(start, end)) ? undefined : name;
}
