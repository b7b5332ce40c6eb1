/**
 * What the server's thread and a receiving thread say to each other.
 *
 * @module
 */

/** One turn. The descriptors stay the sender's, who leaves them open until he is told how it went. */
export interface ReceiveOrder {
  readonly socket: number;
  readonly file: number;
  /** Where the first byte goes; undefined: where the descriptor is. */
  readonly atBytes: number | undefined;
  readonly mostBytes: number;
}

/** How a turn went. */
export interface ReceiveTiding {
  /** So many have come: they are in the file, but for `rest`. */
  readonly bytes: number;
  /** The last of them, which the file did not take: who writes them next will learn why. */
  readonly rest: Uint8Array | undefined;
  /** The connection has failed. What merely has nothing more to read, for now or at its end, has not. */
  readonly broken: boolean;
}

/** The thread is needed no more. */
export const LEAVE = "leave";
