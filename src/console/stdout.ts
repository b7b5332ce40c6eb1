/**
 * What a program prints beside its REPL, on `process.stdout` and `process.stderr`, sent to the remote user.
 *
 * Only `write` of the two streams is replaced, and only while somebody is in. What is written to the file descriptors
 * directly, as loggers do, is not seen here.
 *
 * @module
 */

import type { ProgramOutput } from "./switch.ts";

type Write = NodeJS.WriteStream["write"];
type WriteCallback = (error?: Error | null) => void;

/** Bytes of anything a stream's `write` takes. */
export function toBytes(chunk: unknown, encoding?: BufferEncoding): Uint8Array {
  if (typeof chunk === "string") return Buffer.from(chunk, encoding);
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(`cannot write ${typeof chunk}; pass a string or bytes`);
}

/**
 * Makes a stream's `write` of a function that shows bytes: the callback is called when they are shown, and `drain` is
 * emitted as a stream does.
 */
export function createStreamWrite(
  show: (bytes: Uint8Array) => undefined | Promise<void>,
  emitDrain: () => void,
): (chunk: unknown, encoding?: BufferEncoding | WriteCallback, callback?: WriteCallback) => boolean {
  let drainOwed = false;
  return function write(chunk, encoding, callback) {
    const done = typeof encoding === "function" ? encoding : callback;
    const wait = show(toBytes(chunk, typeof encoding === "string" ? encoding : undefined));
    if (wait === undefined) {
      if (done !== undefined) process.nextTick(done);
      return true;
    }
    if (done !== undefined) void wait.then(() => done());
    if (!drainOwed) {
      drainOwed = true;
      void wait.then(() => {
        drainOwed = false;
        emitDrain();
      });
    }
    return false;
  };
}

/** Replaces `stream.write`; returns the way back. Whoever replaced it in the meantime keeps their replacement. */
function redirectStream(
  stream: NodeJS.WriteStream,
  show: (bytes: Uint8Array) => undefined | Promise<void>,
): () => void {
  const before = Object.getOwnPropertyDescriptor(stream, "write");
  const original = stream.write;
  const shown = createStreamWrite(show, () => stream.emit("drain"));
  let active = true;
  const replacement = function write(this: NodeJS.WriteStream, ...args: Parameters<Write>): boolean {
    return active ? shown(...args) : Reflect.apply(original, this, args);
  };
  stream.write = replacement as Write;
  return () => {
    active = false;
    if (stream.write !== replacement) return;
    if (before === undefined) Reflect.deleteProperty(stream, "write");
    else Object.defineProperty(stream, "write", before);
  };
}

/**
 * The output of this process, or of the streams given.
 *
 * @param streams - Default `process.stdout` and `process.stderr`.
 */
export function createProgramOutput(
  streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr],
): ProgramOutput {
  return {
    redirect(show) {
      const restores = streams.map((stream) => redirectStream(stream, show));
      return () => {
        for (const restore of restores.reverse()) restore();
      };
    },
  };
}
