/**
 * What a transfer is given by its session, and tells it.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { Store, VirtualPath } from "../../contracts/store.ts";
import type { SystemCalls } from "../../native/system-calls.ts";
import type { AccountUse } from "./account-use.ts";
import type { BufferPool } from "./buffers.ts";
import type { DataPort } from "./data-port.ts";
import type { DataSocket } from "./data-socket.ts";
import type { Patience } from "./patience.ts";
import type { ReceivingThreads } from "./receiver/receiving-threads.ts";
import type { OnUpload } from "./uploaded-file.ts";

export interface TransferContext {
  readonly store: Store;
  readonly account: Account;
  readonly use: AccountUse;
  /** Address of the client, without port. */
  readonly address: string;
  readonly port: DataPort;
  readonly pool: BufferPool;
  readonly buffsizeBytes: number;
  readonly patience: Patience;
  readonly stallMs: number;
  /** For what is moved past Node; undefined: all goes the ordinary way. */
  readonly calls: SystemCalls | undefined;
  readonly receivers: ReceivingThreads;
  /** Undefined: files may become as large as the store takes them. */
  readonly mostFileBytes: number | undefined;
  readonly onUpload: OnUpload | undefined;
  /** The store's side is open: the client may be told. */
  readonly opened: (info: { readonly totalBytes?: number; readonly path?: VirtualPath }) => void;
  /** Replies wait from now on, so that the last one goes with them; until the transfer is settled, or this is taken back. */
  readonly holdReplies: (holds: boolean) => void;
  /** The data connection is there; it may outlive the transfer, until the client has closed it too. */
  readonly connected: (socket: DataSocket) => void;
  /** The client is there, and has said nothing that was not heard: it had not ended before this was asked. */
  readonly isQuiet: () => boolean;
  /** What is left is to keep the file. */
  readonly ending: () => void;
  /** More bytes have moved, or the transfer got its data connection. */
  readonly moved: () => void;
  /** Something that the program's owner wants to know about, and the client is told in other words. */
  readonly troubled: (error: unknown) => void;
}
