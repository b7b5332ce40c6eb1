/**
 * What the server's thread and a receiving thread say to each other.
 *
 * @module
 */

/** Both ends of a pipe that is empty and holds {@link PIPE_BYTES}. */
export type TurnPipe = readonly [read: number, write: number];
/** What is narrower is no quicker than a buffer: a piece of what has come takes a page of it, however small it is. */
export const PIPE_BYTES = 1_048_576;

/** One turn. The descriptors stay the sender's, who leaves them open until he is told how it went. */
export interface ReceiveOrder {
  readonly socket: number;
  readonly file: number;
  /** Where the first byte goes; undefined: where the descriptor is. */
  readonly atBytes: number | undefined;
  readonly mostBytes: number;
  /** By which the bytes go; undefined: by a buffer. What is left in it is lost. */
  readonly pipe: TurnPipe | undefined;
}

/** How a turn went. */
export interface ReceiveTiding {
  /** So many have come: they are in the file, but for `rest`. */
  readonly bytes: number;
  /** The last of them, which the file did not take: who writes them next will learn why. */
  readonly rest: Uint8Array | undefined;
  /** The connection has failed. What merely has nothing more to read, for now or at its end, has not. */
  readonly broken: boolean;
  /** All of them went by the pipe. */
  readonly spliced: boolean;
}

/** The thread takes orders; it is what it tells first. */
export const READY = "ready";

/** The thread is needed no more. */
export const LEAVE = "leave";
