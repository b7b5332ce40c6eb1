/**
 * What a data connection needs of its socket: Node's own sockets have it, and so have those whose TLS is elsewhere.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

export type DataSocket = Duplex &
  Pick<Socket, "bytesRead" | "bytesWritten"> & {
    readonly localAddress?: string | undefined;
    /** Milliseconds without a byte until `timeout` is emitted; 0 or undefined: never. */
    readonly timeout?: number | undefined;
    setTimeout(timeoutMs: number): unknown;
  };
