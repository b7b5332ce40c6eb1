/**
 * The thread that reads the local terminal.
 *
 * @module
 */

import { writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { threadId, workerData } from "node:worker_threads";
import { systemClock } from "../servers/clock.ts";
import { InputQueue } from "../servers/telnet/input-queue.ts";
import type { ConsoleOrder, ConsoleReport, ConsoleThreadData } from "./console-messages.ts";
import { ConsoleWords } from "./console-words.ts";
import { Interrupter } from "./interrupt.ts";
import { KeySender } from "./key-sender.ts";
import { describeOutcome } from "./repl-proxy.ts";

const CTRL_T = 0x14;
const STDIN = 0;
const STDOUT = 1;

const { port, words: buffer, staleMark, interruptUnavailable, leaveKey } = workerData as ConsoleThreadData;
const words = new ConsoleWords(buffer);
const interrupter = new Interrupter(words, interruptUnavailable);
const terminal = new ReadStream(STDIN);
let leaving = false;
/** A Ctrl-T is under way: what is typed behind it is for the prompt that comes back. */
let evicting = false;
const sender = new KeySender({
  staleMark,
  post: (bytes, number) => report({ type: "keys", bytes, number }),
  interrupt,
});
const queue = new InputQueue(sender, systemClock, {
  full(full) {
    if (full) terminal.pause();
    else terminal.resume();
  },
  dropping: () => tell("the program takes no keys: further ones are dropped; Ctrl-C forgets those that wait\x07"),
  failed() {},
});

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

/** Ctrl-C: ahead of all keys that the program has not taken. */
async function interrupt(): Promise<void> {
  const outcome = await interrupter.interrupt({
    ask: (request) => report({ type: "interrupt", request }),
    setDropping: () => {},
    forgetKeys: () => sender.markStale(),
  });
  const text = describeOutcome(outcome);
  if (text !== undefined) tell(text);
}

/** Sends the remote user home, also when the program is in a loop, and stops what they run. */
async function evict(): Promise<void> {
  evicting = true;
  const left = words.remoteGone();
  words.kick();
  const outcome = await interrupter.interrupt({
    ask: (request) => report({ type: "ping", request }),
    setDropping: () => {},
    forgetKeys: () => {},
  });
  const text = describeOutcome(outcome);
  if (text !== undefined) tell(text);
  await left;
  evicting = false;
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
    forgetKeys: () => {},
  });
  report({ type: "leave" });
  const text = describeOutcome(outcome);
  if (text !== undefined) tell(`${text}; press the same key again to end the program at once`);
}

function take(bytes: Uint8Array): void {
  if (leaveKey !== undefined && bytes.includes(leaveKey) && (evicting || !words.remoteOwns)) {
    void leave();
    return;
  }
  if (evicting || !words.remoteOwns) {
    queue.push(bytes);
    return;
  }
  const key = bytes.indexOf(CTRL_T);
  if (key < 0) return;
  void sender.hold(evict);
  if (key + 1 < bytes.length) take(bytes.subarray(key + 1));
}

terminal.on("data", take);
terminal.on("end", () => report({ type: "ended" }));
terminal.on("error", () => report({ type: "ended" }));

port.on("message", (command: ConsoleOrder) => {
  if (command.type === "taken") {
    sender.taken(command.bytes);
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
