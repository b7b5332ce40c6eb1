/**
 * The local terminal's keys, read in a thread of their own: only so do Ctrl-C and Ctrl-T get through while the program
 * is busy.
 *
 * @module
 */

import { isMainThread, MessageChannel, Worker } from "node:worker_threads";
import type { ConsoleOrder, ConsoleReport, ConsoleThreadData } from "./console-messages.ts";
import type { ConsoleWords } from "./console-words.ts";
import { interruptUnavailable } from "./interrupt.ts";
import { KeyReceiver } from "./key-receiver.ts";
import { createStaleMark } from "./key-sender.ts";

export interface ConsoleThreadOptions {
  /** Shared with the Telnet task. Whoever owns the prompt keeps `remoteOwns` true to it. */
  readonly words: ConsoleWords;
  /** A byte that leaves the prompt: `onLeave`. Default none. */
  readonly leaveKey?: number | undefined;
  /** Keys in order. A promise is waited for before the next ones come. */
  readonly onKeys: (bytes: Uint8Array) => undefined | Promise<void>;
  /** Ctrl-C while the program's event loop is free. */
  readonly onInterrupt: () => void;
  readonly onLeave: () => void;
  /** The thread could not read the terminal, or has ended by itself. */
  readonly onFailure: (error: Error) => void;
}

export interface ConsoleThread {
  /** Settles when the terminal is in raw mode, or never will be. */
  readonly ready: Promise<void>;
  /** Gives the terminal back; settles when the thread is gone. */
  close(): Promise<void>;
}

/** Starts to read `process.stdin`, which must be a terminal that nobody else reads. Keeps the program alive. */
export function startConsoleThread(options: ConsoleThreadOptions): ConsoleThread {
  const { words, leaveKey, onKeys, onInterrupt, onLeave, onFailure } = options;
  const { port1, port2 } = new MessageChannel();
  const staleMark = createStaleMark();
  const data: ConsoleThreadData = {
    port: port2,
    words: words.buffer,
    staleMark,
    interruptUnavailable: interruptUnavailable(isMainThread),
    leaveKey,
  };
  const worker = new Worker(new URL("./console-entry.js", import.meta.url), {
    name: "porthole-console",
    workerData: data,
    transferList: [port2],
    execArgv: [],
  });
  const { threadId } = worker;
  let closing = false;
  const order = (message: ConsoleOrder): void => port1.postMessage(message);

  const keys = new KeyReceiver({ staleMark, take: onKeys, taken: (bytes) => order({ type: "taken", bytes }) });

  let isReady: () => void = () => {};
  const ready = new Promise<void>((settle) => {
    isReady = settle;
  });
  port1.on("message", (report: ConsoleReport) => {
    switch (report.type) {
      case "ready":
        isReady();
        break;
      case "keys":
        keys.receive(report.bytes, report.number);
        break;
      case "interrupt":
        // What was typed ahead of a Ctrl-C is not wanted any more.
        if (words.takeRequest(report.request)) {
          keys.forget();
          onInterrupt();
        }
        break;
      case "ping":
        words.takeRequest(report.request);
        break;
      case "leave":
      case "ended":
        onLeave();
        break;
    }
  });
  // The port alone must not keep a program alive whose thread has ended.
  port1.unref();
  worker.on("error", onFailure);
  const gone = new Promise<void>((resolve) => {
    worker.once("exit", (code) => {
      words.forget(threadId);
      port1.close();
      isReady();
      resolve();
      if (!closing) onFailure(new Error(`the console thread ended with code ${code}`));
    });
  });

  return {
    ready,
    close() {
      closing = true;
      order({ type: "close" });
      return gone;
    },
  };
}
