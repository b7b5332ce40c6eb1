/**
 * Bytes on their way in: from a data connection to a store's handle. Knows no FTP word.
 *
 * @module
 */

import type { WriteHandle } from "../../contracts/store.ts";
import { FromNetworkLines } from "./ascii.ts";
import { type BufferPool, LEAST_BUFFER_BYTES } from "./buffers.ts";
import type { DataConnection } from "./data-connection.ts";
import type { ReceivingRing } from "./receive-ring.ts";
import type { WaitingReceive } from "./receiver/waiting-receive.ts";
import { type Throttle, throttled } from "./throttle.ts";
import { nextTurn } from "./turn.ts";

/** The store is given so much at once, when it comes fast enough. */
const BATCH_BYTES = 524_288;

export interface UploadOptions {
  readonly pool: BufferPool;
  /**
   * The most that one transfer holds. Without a ring the socket is read in pieces of up to 64 KiB, the last of which may
   * come on top.
   */
  readonly buffsizeBytes: number;
  /** What the connection's socket reads into; undefined: Node's own buffers. It stays its owner's. */
  readonly ring?: ReceivingRing | undefined;
  /** For those who have turns in another thread, which write what comes as it is; only with a ring. */
  readonly elsewhere?: WaitingReceive | undefined;
  /** Turn CR LF into LF. */
  readonly ascii: boolean;
  /** Not with a ring. */
  readonly throttle?: Throttle | undefined;
  /** The most that is stored; undefined: all that comes. */
  readonly mostBytes?: number | undefined;
  /** What has come is stored also when the connection fails: for files that are changed in place. */
  readonly keepPart: boolean;
  readonly moved: (bytes: number) => void;
}

/**
 * Writes all that comes until the peer's FIN.
 *
 * @returns true when the peer has ended its stream and the store has every byte; false when the connection failed,
 * and `too-large` as soon as more has come than may. Rejects when the store does. The handle stays open; no write is under way when this settles.
 */
export async function receiveFile(
  handle: WriteHandle,
  connection: DataConnection,
  options: UploadOptions,
): Promise<boolean | "too-large"> {
  const { socket } = connection;
  const { pool, ring, elsewhere } = options;
  const reservedBytes = ring === undefined ? pool.reserve(Math.max(options.buffsizeBytes, LEAST_BUFFER_BYTES)) : 0;
  const boundBytes = ring?.bytes ?? reservedBytes;
  const batchBytes = Math.min(BATCH_BYTES, boundBytes >> 1);
  const lines = options.ascii ? new FromNetworkLines() : undefined;
  let queue: Buffer[] = [];
  let queuedBytes = 0;
  /** Of the ring, which line ends may make more than what is queued. */
  let receivedBytes = 0;
  let writingBytes = 0;
  let leftBytes = options.mostBytes ?? Number.POSITIVE_INFINITY;
  let ended = false;
  let resting = false;
  let wake: (() => void) | undefined;

  const onData = (chunk: Buffer): void => {
    options.moved(chunk.length);
    elsewhere?.came(chunk.length);
    const bytes = lines === undefined ? chunk : lines.convert(chunk);
    leftBytes -= bytes.length;
    if (leftBytes < 0) {
      wake?.();
      return;
    }
    queue.push(bytes);
    queuedBytes += bytes.length;
    receivedBytes += chunk.length;
    if (ring === undefined && queuedBytes + writingBytes >= boundBytes) {
      socket.pause();
      connection.waitForStore(true);
    }
    if (receivedBytes >= batchBytes) wake?.();
    const wait = throttled(options.throttle, chunk.length);
    if (wait !== undefined) void rest(wait);
  };

  async function rest(wait: Promise<void>): Promise<void> {
    resting = true;
    socket.pause();
    connection.waitForStore(true);
    await wait;
    resting = false;
    goOn();
  }

  function goOn(): void {
    if (resting || queuedBytes + writingBytes >= boundBytes || !socket.isPaused()) return;
    connection.waitForStore(false);
    socket.resume();
  }

  const onEnd = (): void => {
    // Nothing more is to come: it is the store that everybody waits for.
    socket.setTimeout(0);
    void connection.endIsRight().then((right) => {
      const rest = right ? lines?.end() : undefined;
      if (rest !== undefined && rest.length > 0) {
        leftBytes -= rest.length;
        queue.push(rest);
        queuedBytes += rest.length;
      }
      ended = right;
      wake?.();
    });
  };

  async function writeQueue(): Promise<void> {
    const batch = queue;
    const freedBytes = receivedBytes;
    writingBytes = queuedBytes;
    queue = [];
    queuedBytes = 0;
    receivedBytes = 0;
    const writing = handle.write(batch);
    if (writing !== undefined) {
      if (ring !== undefined) connection.waitForStore(true);
      await writing;
      if (ring !== undefined) connection.waitForStore(false);
    }
    writingBytes = 0;
    if (ring !== undefined) ring.free(freedBytes);
    else goOn();
  }

  async function receiveElsewhere(from: WaitingReceive): Promise<void> {
    if (queuedBytes > 0) await writeQueue();
    if (connection.failure !== undefined) return;
    const { bytes, rest } = await from.receive(leftBytes);
    connection.onFailure(failed);
    leftBytes -= bytes;
    if (bytes > 0) options.moved(bytes);
    if (rest !== undefined) await handle.write([rest]);
  }

  const failed = (): void => wake?.();
  connection.onFailure(failed);
  if (ring === undefined) socket.on("data", onData);
  else ring.onChunk = onData;
  socket.once("end", onEnd);
  if (socket.readableEnded) onEnd();
  socket.resume();
  try {
    for (;;) {
      if (leftBytes < 0) return "too-large";
      if (connection.failure !== undefined) {
        if (options.keepPart && queuedBytes > 0) await writeQueue();
        return false;
      }
      if (!ended && elsewhere?.holds(leftBytes)) await receiveElsewhere(elsewhere);
      else if (receivedBytes >= batchBytes || (ended && queuedBytes > 0)) {
        await writeQueue();
        if (!ended) await nextTurn();
      } else if (ended) return true;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
    }
  } finally {
    elsewhere?.end();
    connection.onFailure(undefined);
    socket.off("data", onData);
    socket.off("end", onEnd);
    pool.release(reservedBytes);
  }
}
