/**
 * One transfer from its command to its outcome: opens the store's side, gets the data connection, lets the bytes move,
 * commits or gives up.
 *
 * @module
 */

import { Socket } from "node:net";
import type { TransferInfo, TransferKind } from "../../contracts/events.ts";
import type { ReadHandle, VirtualPath, WriteHandle } from "../../contracts/store.ts";
import type { FtpOutcome, FtpTransfer } from "../../protocol/ftp/actions.ts";
import type { HandshakeFailure } from "../tls.ts";
import type { AcceptedConnection } from "./accepted-connection.ts";
import { LEAST_BUFFER_BYTES } from "./buffers.ts";
import { NearSocket } from "./cipher/near-socket.ts";
import { DataConnection } from "./data-connection.ts";
import type { DataPort } from "./data-port.ts";
import type { DataSocket } from "./data-socket.ts";
import { directFile, sendDirectly } from "./direct-download.ts";
import { DirectTlsSocket } from "./direct-tls.ts";
import { sendFile, sendText } from "./download.ts";
import { openListing } from "./listing.ts";
import { failure, failureOf, isRefusal } from "./outcomes.ts";
import { answerOf } from "./patience.ts";
import { attachRing, type ReceivingRing } from "./receive-ring.ts";
import { waitingReceive } from "./receiver/waiting-receive.ts";
import { leftForUpload, tooLarge } from "./size-limit.ts";
import { type AcceptedTarget, sendSmallFile } from "./small-download.ts";
import { type SmallUpload, smallUpload } from "./small-upload.ts";
import type { TransferContext } from "./transfer-context.ts";
import { nextTurn } from "./turn.ts";
import { receiveFile } from "./upload.ts";
import { askToKeep } from "./uploaded-file.ts";

/** Smaller files are encrypted where they are: a trip to another thread takes as long. */
const LEAST_WORTH_BYTES = 1_048_576;

interface OpenOptions {
  /** As {@link DataPort.open} has it. */
  readonly worth: boolean;
  /** Makes another socket of what has come; undefined: it stays what it is. */
  readonly move?: (came: DataSocket | AcceptedConnection) => Socket | undefined;
}

export class Transfer {
  readonly id: number;
  readonly #transferId: number;
  readonly #transfer: FtpTransfer;
  readonly #context: TransferContext;
  readonly #startMs: number = performance.now();
  #path: VirtualPath;
  #bytes = 0;
  #totalBytes: number | undefined;
  #connection: DataConnection | undefined;
  #stop: "aborted" | "connection-lost" | undefined;
  #noSocket: HandshakeFailure = "no-data-connection";
  #received = false;
  /** What is left to do when the outcome is told. */
  #afterwards: (() => void) | undefined;
  /** A small file's connection, of which Node may not have made a socket. */
  #accepted: AcceptedConnection | undefined;
  /** Waits for an upload's first bytes. */
  #small: SmallUpload | undefined;

  /** @param transferId - Counts up within the server, for its events. */
  constructor(id: number, transferId: number, transfer: FtpTransfer, context: TransferContext) {
    this.id = id;
    this.#transferId = transferId;
    this.#transfer = transfer;
    this.#path = transfer.path;
    this.#context = context;
  }

  get kind(): TransferKind {
    const { kind } = this.#transfer;
    return kind === "store" && this.#transfer.mode === "append" ? "append" : kind;
  }

  get info(): TransferInfo {
    return {
      transferId: this.#transferId,
      kind: this.kind,
      path: this.#path,
      ascii: this.#transfer.kind !== "listing" && this.#transfer.ascii,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      seconds: (performance.now() - this.#startMs) / 1000,
    };
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The data connection is there and open. */
  get connected(): boolean {
    return this.#connection !== undefined && this.#connection.failure === undefined;
  }

  /** All bytes of an upload have come, and the file is not kept yet. */
  get isEnding(): boolean {
    return this.#received;
  }

  /** ABOR, or the end of the session: whatever it waits for, it settles soon. */
  abort(): void {
    this.#end("aborted");
  }

  /**
   * The client has closed its control connection without QUIT. A client that was killed closes its data connection as
   * if an upload were complete: what has not come before this is no whole file (RFC 959 §4.1.1, QUIT).
   */
  peerLeft(): void {
    if (this.#transfer.kind === "store" && !this.#received) this.#end("connection-lost");
  }

  /** @param done - Called once with the outcome. The promise never rejects. */
  async run(done: (outcome: FtpOutcome) => void): Promise<void> {
    done(await this.#outcome());
    this.#afterwards?.();
  }

  async #outcome(): Promise<FtpOutcome> {
    const transfer = this.#transfer;
    try {
      switch (transfer.kind) {
        case "retrieve":
          return await this.#retrieve(transfer);
        case "store":
          return await this.#store(transfer);
        case "listing":
          return await this.#list(transfer);
      }
    } catch (error) {
      if (this.#stop === undefined && isRefusal(error)) this.#connection?.refuse();
      else this.#connection?.fail("aborted");
      if (this.#stop !== undefined) return failure(this.id, this.#stop);
      this.#context.troubled(error);
      return failureOf(this.id, error);
    }
  }

  #end(reason: "aborted" | "connection-lost"): void {
    this.#stop ??= reason;
    this.#context.port.cancel();
    this.#small?.stop();
    this.#connection?.fail(reason);
  }

  async #retrieve(transfer: FtpTransfer & { readonly kind: "retrieve" }): Promise<FtpOutcome> {
    const { store, pool, buffsizeBytes, patience, calls, opened, use } = this.#context;
    const handle = await store.openRead(transfer.path, transfer.startBytes);
    let free: Promise<unknown> = Promise.resolve();
    try {
      const totalBytes = Math.max(0, handle.entry.sizeBytes - transfer.startBytes);
      if (!transfer.ascii) this.#totalBytes = totalBytes;
      // A store may tell 0 of what it makes as it is read, as /proc does.
      const isSmall = totalBytes > 0 && totalBytes <= Math.min(LEAST_BUFFER_BYTES, buffsizeBytes);
      if (isSmall && !transfer.ascii && use.download === undefined) {
        const complete = await this.#sendSmall(handle, totalBytes);
        if (complete !== undefined) return complete ? this.#transferred() : this.#lost(this.#connection);
      }
      const connection = await this.#connect(() => opened(transfer.ascii ? {} : { totalBytes }), {
        worth: use.download === undefined && totalBytes >= LEAST_WORTH_BYTES,
      });
      if (connection === undefined) return this.#noConnection();
      const throttle = use.download;
      const options = { pool, buffsizeBytes, moved: (bytes: number) => this.#moved(bytes) };
      // What is to go slowly, or is changed on its way, goes through our hands.
      const plain = !transfer.ascii && throttle === undefined;
      const direct = plain ? directFile(handle, transfer.startBytes, connection, calls) : undefined;
      const complete = await (direct === undefined
        ? sendFile(handle, connection, { ...options, throttle, ascii: transfer.ascii })
        : sendDirectly(direct, connection, {
            ...options,
            patience,
            inUse: (until) => {
              free = until;
            },
          }));
      return complete ? this.#transferred() : this.#lost(connection);
    } finally {
      // The client need not wait for it.
      this.#afterwards = () => {
        this.#accepted?.close();
        free.then(() => handle.close()).catch((error: unknown) => this.#context.troubled(error));
      };
    }
  }

  /** Undefined: the connection has not come yet, or is to be private. */
  async #sendSmall(handle: ReadHandle, totalBytes: number): Promise<boolean | undefined> {
    const { port, pool, opened, holdReplies } = this.#context;
    if (!port.ready) await nextTurn();
    const target = this.#stop === undefined ? this.#takeTarget() : undefined;
    if (target === undefined) return undefined;
    if (!(target instanceof Socket)) this.#accepted = target.accepted;
    holdReplies(true);
    opened({ totalBytes });
    try {
      return await sendSmallFile(handle, target, {
        totalBytes,
        pool,
        connect: (socket) => {
          holdReplies(false);
          return this.#adopt(socket);
        },
        moved: (bytes) => this.#moved(bytes),
      });
    } catch (error) {
      if (target instanceof Socket) target.destroy();
      else target.accepted.close();
      this.#connection?.socket.destroy();
      throw error;
    }
  }

  /** The connection for a small file, when it has come and is not to be private. */
  #takeTarget(): Socket | AcceptedTarget | undefined {
    const { port, calls } = this.#context;
    const accepted = calls === undefined ? undefined : port.takeAccepted();
    const descriptor = accepted?.descriptor;
    if (accepted === undefined || calls === undefined) return port.takePlain();
    return descriptor === undefined ? accepted.toSocket().on("error", ignore) : { accepted, descriptor, calls };
  }

  async #list(transfer: FtpTransfer & { readonly kind: "listing" }): Promise<FtpOutcome> {
    const { store, account, opened } = this.#context;
    const pieces = await openListing(store, transfer, account);
    try {
      const connection = await this.#connect(() => opened({}), { worth: false });
      if (connection === undefined) return this.#noConnection();
      const complete = await sendText(pieces, connection, (bytes) => this.#moved(bytes));
      return complete ? this.#transferred() : this.#lost(connection);
    } finally {
      pieces.return().catch((error: unknown) => this.#context.troubled(error));
    }
  }

  async #store(transfer: FtpTransfer & { readonly kind: "store" }): Promise<FtpOutcome> {
    const { store, mostFileBytes, opened, isQuiet } = this.#context;
    const { mode, startBytes, expectedBytes } = transfer;
    const leftBytes = mostFileBytes === undefined ? undefined : await leftForUpload(store, transfer, mostFileBytes);
    const handle = await store.openWrite(transfer.path, {
      mode,
      startBytes,
      ...(expectedBytes === undefined ? {} : { expectedBytes }),
    });
    let settled = false;
    try {
      this.#path = handle.path;
      this.#totalBytes = expectedBytes;
      if (!(await this.#begin(() => opened({ path: handle.path })))) return this.#noConnection();
      const complete = await this.#receive(handle, transfer, leftBytes);
      if (complete === undefined) return this.#noConnection();
      if (complete === "too-large") throw tooLarge(mostFileBytes ?? 0);
      if (!complete) return this.#lost(this.#connection);
      if (!isQuiet()) {
        // The end of a killed client's control connection comes in the same turn; Node tells a reset at the turn's very end.
        await nextTurn();
        await nextTurn();
      }
      if (this.#stop !== undefined) return failure(this.id, this.#stop);
      this.#received = true;
      this.#context.ending();
      const refusal = await this.#ask(handle, mode === "append" || mode === "update");
      if (this.#stop !== undefined) return failure(this.id, this.#stop);
      if (refusal === undefined) {
        settled = true;
        await handle.commit();
        this.#path = handle.path; // a unique name may have been taken in the meantime
      }
      this.#connection?.close(); // the client waits for the reply
      this.#afterwards = () => this.#accepted?.close(); // the reply is on its way sooner
      return refusal ?? this.#transferred();
    } finally {
      if (this.#afterwards === undefined) this.#accepted?.close();
      if (!settled) await handle.abort();
    }
  }

  /** Receives what an upload brings. Undefined: no connection has come. */
  async #receive(
    handle: WriteHandle,
    transfer: FtpTransfer & { readonly kind: "store" },
    mostBytes: number | undefined,
  ): Promise<boolean | "too-large" | undefined> {
    const { port, pool, buffsizeBytes, use, calls } = this.#context;
    const keepPart = transfer.mode === "append" || transfer.mode === "update";
    const moved = (bytes: number) => this.#moved(bytes);
    const accepted = port.takeAccepted();
    if (accepted !== undefined && use.upload === undefined && !transfer.ascii) {
      this.#accepted = accepted;
      this.#small = smallUpload(accepted, calls);
      const receiving = this.#small?.receive(handle, { pool, mostBytes, keepPart, moved });
      const complete = await receiving?.catch((error: unknown) => {
        this.#adopt(accepted.toSocket()); // a client whose upload is refused is to read why
        throw error;
      });
      this.#small = undefined;
      if (typeof complete === "boolean") return complete;
      if (this.#stop !== undefined) return false;
    }
    let ring: ReceivingRing | undefined;
    /** The store may write from the ring until this settles. */
    let inUse: Promise<void> | undefined;
    try {
      const connection = await this.#open(accepted, {
        worth: use.upload === undefined,
        move: (came) => {
          if (use.upload !== undefined) return undefined; // what is to come slowly is read in Node's own way
          if (came instanceof NearSocket) ring = came;
          else if (came instanceof DirectTlsSocket) ring = came.openRing(buffsizeBytes);
          const attached = ring === undefined ? attachRing(came, pool, buffsizeBytes) : undefined;
          ring ??= attached?.ring;
          return attached?.socket;
        },
      });
      if (connection === undefined) return undefined;
      return await receiveFile(handle, connection, {
        pool,
        buffsizeBytes,
        ring,
        elsewhere: transfer.ascii ? undefined : waitingReceive(handle, connection, ring, this.#context),
        throttle: use.upload,
        ascii: transfer.ascii,
        mostBytes: mostBytes === undefined ? undefined : mostBytes - this.#bytes,
        keepPart,
        moved,
      });
    } catch (error) {
      inUse = answerOf(error);
      throw error;
    } finally {
      if (inUse === undefined) ring?.release();
      else void inUse.then(() => ring?.release());
    }
  }

  /** What `onUpload` says: undefined keeps the file. */
  async #ask(handle: WriteHandle, inPlace: boolean): Promise<FtpOutcome | undefined> {
    const { onUpload, account, address, troubled } = this.#context;
    if (onUpload === undefined) return undefined;
    const details = { user: account.user, address, sizeBytes: this.#bytes, inPlace };
    const answer = await askToKeep(onUpload, handle, details, troubled);
    return answer.keeps ? undefined : failure(this.id, "refused", answer.text);
  }

  /** Tells the client that the store is ready, then waits for the data connection. */
  async #connect(opened: () => void, options: OpenOptions): Promise<DataConnection | undefined> {
    return (await this.#begin(opened)) ? this.#open(this.#context.port.takeAccepted(), options) : undefined;
  }

  /** False: there is to be no transfer any more. */
  async #begin(opened: () => void): Promise<boolean> {
    // Most clients have connected by now. Then the reply, the bytes and the end leave together, and wake them once.
    if (!this.#context.port.ready) await nextTurn();
    if (this.#stop !== undefined) return false;
    opened();
    return true;
  }

  async #open(
    accepted: AcceptedConnection | undefined,
    { worth, move }: OpenOptions,
  ): Promise<DataConnection | undefined> {
    if (accepted !== undefined) return this.#adopt(move?.(accepted) ?? accepted.toSocket());
    const { socket: came, failure } = await this.#context.port.open(this.#transfer.kind === "store", worth);
    if (came === undefined) {
      this.#noSocket = failure;
      return undefined;
    }
    return this.#adopt(move?.(came) ?? came);
  }

  #adopt(socket: DataSocket): DataConnection {
    const connection = new DataConnection(socket, this.#context.stallMs);
    this.#connection = connection;
    if (this.#stop !== undefined) connection.fail(this.#stop);
    this.#context.connected(socket);
    this.#context.moved();
    return connection;
  }

  #moved(bytes: number): void {
    this.#bytes += bytes;
    this.#context.moved();
  }

  #transferred(): FtpOutcome {
    return { id: this.id, ok: true, value: { type: "transferred", path: this.#path, bytes: this.#bytes } };
  }

  #noConnection(): FtpOutcome {
    return failure(this.id, this.#stop ?? this.#noSocket);
  }

  #lost(connection: DataConnection | undefined): FtpOutcome {
    return failure(this.id, connection?.failure ?? this.#stop ?? "connection-lost");
  }
}

function ignore(): void {}
