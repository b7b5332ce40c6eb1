/**
 * What a program prints beside its REPL, on `process.stdout` and `process.stderr`, sent to the remote user.
 *
 * Only `write` of the two streams is replaced, and only while somebody is in; on Bun and Deno also what prints of
 * `console`. What is written to the file descriptors
 * directly, as loggers do, is not seen here.
 *
 * @module
 */

import { Console } from "node:console";
import type { ProgramOutput } from "./switch.ts";

/** What of `console` prints. */
const METHODS = ["log", "info", "debug", "warn", "error", "trace", "dir", "table"] as const;

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

/** Whether `console` writes past `process.stdout`, as those of Bun and Deno do. */
function consoleWritesPast(): boolean {
  return "bun" in process.versions || "deno" in process.versions;
}

/** Lets `console` write to the streams of this process; returns the way back. */
function redirectConsole(): () => void {
  const through = new Console({ stdout: process.stdout, stderr: process.stderr });
  const restores = METHODS.map((name) => {
    const original = console[name];
    const replacement = through[name].bind(through);
    console[name] = replacement;
    return () => {
      if (console[name] === replacement) console[name] = original;
    };
  });
  return () => {
    for (const restore of restores) restore();
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
      if (consoleWritesPast()) restores.push(redirectConsole());
      return () => {
        for (const restore of restores.reverse()) restore();
      };
    },
  };
}
