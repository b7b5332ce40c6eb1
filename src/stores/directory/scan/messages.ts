/**
 * What a store's thread and the scanning thread say to each other.
 *
 * @module
 */

/** One page of a directory is to be read. */
export interface ScanOrder {
  readonly id: number;
  /** Open for reading; it stays the sender's, who leaves it open until he is told how it went. */
  readonly directory: number;
  /** Of a `DirectoryPage`, whose claim is one of {@link Claim}. */
  readonly page: SharedArrayBuffer;
}

/** Whose an order is: whoever changes it from `open` has it. */
export const Claim = { open: 0, taken: 1, withdrawn: 2 } as const;

/** How it went; `ready` is the thread's first one. */
export type ScanTiding =
  | "ready"
  | {
      readonly id: number;
      /** As of `DirectoryScan`; undefined: the order was withdrawn. */
      readonly count: number | undefined;
    };

/** The thread is needed no more. */
export const LEAVE = "leave";
