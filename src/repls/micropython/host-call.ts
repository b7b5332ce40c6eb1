/**
 * How a call from Python and its answer cross between the threads.
 *
 * @module
 */

export interface HostCall {
  readonly id: number;
  readonly method: string;
  /** JSON: a list of arguments. */
  readonly json: string;
}

export interface HostReply {
  readonly id: number;
  /** JSON: `{ value }`, or `{ error, text }` with the name of a Python exception. */
  readonly json: string;
}
