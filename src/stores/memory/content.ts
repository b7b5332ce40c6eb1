/**
 * The bytes of one file in memory.
 *
 * @module
 */

const PAGE_BYTES = 65_536;
const FIRST_PAGE_BYTES = 256;

/** How much a memory store holds of its cap, shared by all its files. */
export interface Usage {
  usedBytes: number;
  readonly capBytes: number;
}

/**
 * Bytes in pages: growing copies at most one page, and the cap counts exactly what was written. A content is held by
 * the directory entry and by each open handle; what it took of the cap is given back when the last lets go.
 */
export class Content {
  readonly #usage: Usage;
  readonly #pages: Uint8Array[] = [];
  #lengthBytes = 0;
  #holders = 1;

  constructor(usage: Usage) {
    this.#usage = usage;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /** Copies what is at `at` into `target`; 0 at the end. */
  read(at: number, target: Uint8Array): number {
    const end = Math.min(this.#lengthBytes, at + target.length);
    let done = at;
    while (done < end) {
      const page = this.#pages[Math.floor(done / PAGE_BYTES)];
      if (page === undefined) throw new Error("bug: a page of a file in memory is missing");
      const offset = done % PAGE_BYTES;
      const count = Math.min(end - done, PAGE_BYTES - offset);
      target.set(page.subarray(offset, offset + count), done - at);
      done += count;
    }
    return Math.max(0, done - at);
  }

  /** Copies `bytes` to `at`, which is not beyond the end. False, and nothing changed, when the cap has no room. */
  write(at: number, bytes: Uint8Array): boolean {
    const growth = Math.max(0, at + bytes.length - this.#lengthBytes);
    if (this.#usage.usedBytes + growth > this.#usage.capBytes) return false;
    for (let done = 0; done < bytes.length; ) {
      const offset = (at + done) % PAGE_BYTES;
      const count = Math.min(bytes.length - done, PAGE_BYTES - offset);
      this.#page(Math.floor((at + done) / PAGE_BYTES), offset + count).set(bytes.subarray(done, done + count), offset);
      done += count;
    }
    this.#usage.usedBytes += growth;
    this.#lengthBytes += growth;
    return true;
  }

  hold(): void {
    this.#holders++;
  }

  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    this.#usage.usedBytes -= this.#lengthBytes;
    this.#pages.length = 0;
    this.#lengthBytes = 0;
  }

  /** The page, with room for `wantedBytes` of it. */
  #page(index: number, wantedBytes: number): Uint8Array {
    const page = this.#pages[index];
    if (page !== undefined && page.length >= wantedBytes) return page;
    let size = page?.length ?? FIRST_PAGE_BYTES;
    if (index > 0) size = PAGE_BYTES;
    while (size < wantedBytes) size *= 2;
    const larger = new Uint8Array(Math.min(size, PAGE_BYTES));
    if (page !== undefined) larger.set(page);
    this.#pages[index] = larger;
    return larger;
  }
}
