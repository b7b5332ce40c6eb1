/**
 * The thread that reads the local terminal.
 *
 * @module
 */

import { writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { threadId, workerData } from "node:worker_threads";
import { LIMITS } from "../contracts/limits.ts";
import type { ConsoleOrder, ConsoleReport, ConsoleThreadData } from "./console-messages.ts";
import { ConsoleWords } from "./console-words.ts";
import { Interrupter } from "./interrupt.ts";
import { KeyOrder } from "./key-order.ts";
import { describeOutcome } from "./repl-proxy.ts";

const CTRL_C = 0x03;
const CTRL_T = 0x14;
const STDIN = 0;
const STDOUT = 1;

const { port, words: buffer, interruptUnavailable, leaveKey } = workerData as ConsoleThreadData;
const words = new ConsoleWords(buffer);
const interrupter = new Interrupter(words, interruptUnavailable);
const terminal = new ReadStream(STDIN);
let untakenBytes = 0;
let leaving = false;
/** What was typed behind Ctrl-T, for the prompt that comes back; undefined while no Ctrl-T is under way. */
let behindEvict: Uint8Array[] | undefined;
const order = new KeyOrder((bytes) => report({ type: "keys", bytes }), interrupt);

function report(message: ConsoleReport): void {
  port.postMessage(message);
}

/** A line from the terminal's own side, beside what the program prints. */
function tell(text: string): void {
  try {
    writeSync(STDOUT, `\r\n[${text}]\r\n`);
  } catch {
    // The terminal is gone, or takes nothing now: nobody reads this then.
  }
}

function hold(bytes: Uint8Array): void {
  untakenBytes += bytes.length;
  if (untakenBytes >= LIMITS.telnetInputBufferBytes.value) terminal.pause();
}

function unhold(bytes: number): void {
  untakenBytes -= bytes;
  if (untakenBytes < LIMITS.telnetInputBufferBytes.value) terminal.resume();
}

function keys(bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  hold(bytes);
  order.keys(Uint8Array.from(bytes));
}

/** Ctrl-C: ahead of all keys that the program has not taken. */
async function interrupt(): Promise<void> {
  const outcome = await interrupter.interrupt({
    ask: (request) => report({ type: "interrupt", request }),
    setDropping: () => {},
  });
  const text = describeOutcome(outcome);
  if (text !== undefined) tell(text);
}

/** Sends the remote user home, also when the program is in a loop, and stops what they run. */
async function evict(): Promise<void> {
  behindEvict = [];
  const left = words.ownerChange();
  words.kick();
  const outcome = await interrupter.interrupt({
    ask: (request) => report({ type: "ping", request }),
    setDropping: () => {},
  });
  const text = describeOutcome(outcome);
  if (text !== undefined) tell(text);
  await left;
  const typed = behindEvict;
  behindEvict = undefined;
  for (const bytes of typed) {
    unhold(bytes.length);
    take(bytes);
  }
}

/** The first time asks the program; a program that is busy where nothing stops it is ended at the second. */
async function leave(): Promise<void> {
  if (leaving) {
    terminal.setRawMode(false);
    process.kill(process.pid, "SIGKILL");
    return;
  }
  leaving = true;
  // First what runs, then the program's own end: the two at once would be in each other's way.
  const outcome = await interrupter.interrupt({
    ask: (request) => report({ type: "ping", request }),
    setDropping: () => {},
  });
  report({ type: "leave" });
  const text = describeOutcome(outcome);
  if (text !== undefined) tell(`${text}; press the same key again to end the program at once`);
}

function take(bytes: Uint8Array): void {
  if (leaveKey !== undefined && bytes.includes(leaveKey) && (behindEvict !== undefined || !words.remoteOwns)) {
    void leave();
    return;
  }
  if (behindEvict !== undefined) {
    hold(bytes);
    behindEvict.push(Uint8Array.from(bytes));
    return;
  }
  if (words.remoteOwns) {
    const key = bytes.indexOf(CTRL_T);
    if (key < 0) return;
    void evict();
    if (key + 1 < bytes.length) take(bytes.subarray(key + 1));
    return;
  }
  const last = bytes.lastIndexOf(CTRL_C);
  if (last < 0) {
    keys(bytes);
    return;
  }
  order.interrupt();
  keys(bytes.subarray(last + 1));
}

terminal.on("data", take);
terminal.on("end", () => report({ type: "ended" }));
terminal.on("error", () => report({ type: "ended" }));

port.on("message", (command: ConsoleOrder) => {
  if (command.type === "taken") {
    unhold(command.bytes);
    return;
  }
  terminal.setRawMode(false);
  terminal.destroy();
  words.forget(threadId);
  // Not later: a timer of the last interrupt may still be waiting.
  process.exit();
});
terminal.setRawMode(true);
report({ type: "ready" });
