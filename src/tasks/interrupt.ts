/**
 * Ctrl-C from another thread: asks the program's event loop first, and stops a busy program only where that is safe.
 *
 * A program whose event loop answers is idle: it carries the interrupt out itself. Otherwise the debugger stops it for
 * a moment, so that its call stack can be looked at while it stands still. Only what runs inside the prompt's guard is
 * terminated; timers, microtasks and other people's callbacks are left alone, since terminating them can end the
 * process. Signals are never used.
 *
 * A REPL that runs what is typed in a thread of its own is another matter: nothing of it blocks the program's event
 * loop, which is asked until it answers.
 *
 * @module
 */

import type { Session } from "node:inspector";
import { isMainThread, threadId } from "node:worker_threads";
import { GUARD_FRAME } from "../console/guard-frame.ts";
import type { ConsoleWords } from "./console-words.ts";

/** What became of an interrupt. */
export type InterruptOutcome =
  /** The event loop answered and carries it out. */
  | { readonly outcome: "handed-over" }
  | { readonly outcome: "stopped" }
  /** Busy where it cannot be stopped safely; `where` as `tick app.ts:12`. */
  | { readonly outcome: "left-alone"; readonly where: string }
  /** Busy, and interrupts are not to be had. */
  | { readonly outcome: "unavailable"; readonly reason: string }
  /** Another interrupt is under way, and has been for long. */
  | { readonly outcome: "under-way" };

/** How an interrupt reaches the program and its output. */
export interface InterruptTarget {
  /** Posts the request to the program's event loop, behind all keys posted before. Request 0 asks for nothing. */
  ask(request: number): void;
  /** Drops what the program writes, so that one which waits for a slow client goes on; or no longer. */
  setDropping(dropping: boolean): void;
  /** What was typed ahead and the program has not taken is not wanted any more. The event loop does that by itself. */
  forgetKeys(): void;
}

/** Above the guard, these show that something else than the prompt's own line is running. */
const FOREIGN: ReadonlySet<string> = new Set([
  "runInAsyncScope",
  "listOnTimeout",
  "processTimers",
  "processImmediate",
  "processTicksAndRejections",
  "runMicrotasks",
  "callbackTrampoline",
]);
/** The request that nobody opens. */
const NOTHING = 0;
const GRACE_MS = 50;
const LONGEST_GRACE_MS = 800;
const POLL_MS = 5;
/** How long an interrupt waits for its turn. */
const TURN_MS = 10_000;
const MAX_STEPS = 300;
const PROMPT_TRIES = 8;
const STEP_TIMEOUT_MS = 500;
const ANSWER_TIMEOUT_MS = 5_000;
/** Files of this package: what is on the stack from here is no code of the user's. */
const LIBRARY = new URL("..", import.meta.url).href;

/**
 * Why a busy program cannot be interrupted here; undefined when it can.
 *
 * @param programThreadIsMain - False when the program itself runs in a worker thread.
 */
export function interruptUnavailable(programThreadIsMain: boolean): string | undefined {
  if ("bun" in process.versions) return "not on Bun";
  if ("deno" in process.versions) return "not on Deno";
  if ("permission" in process && process.permission !== undefined) return "not under --permission";
  if (!programThreadIsMain) return "the program runs in a worker thread";
  return undefined;
}

/** Interrupts the program from the calling thread, one interrupt at a time: the next one waits for its turn. */
export class Interrupter {
  readonly #words: ConsoleWords;
  readonly #unavailable: string | undefined;

  /** @param unavailable - Why busy programs cannot be interrupted, see {@link interruptUnavailable}. */
  constructor(words: ConsoleWords, unavailable: string | undefined) {
    this.#words = words;
    this.#unavailable = unavailable;
  }

  /** Never rejects. */
  async interrupt(target: InterruptTarget): Promise<InterruptOutcome> {
    const deadline = performance.now() + TURN_MS;
    while (!this.#words.tryLock(threadId)) {
      if (performance.now() >= deadline) return { outcome: "under-way" };
      await sleep(POLL_MS);
    }
    try {
      const outcome = await this.#interrupt(target);
      if (outcome.outcome !== "handed-over") target.forgetKeys();
      return outcome;
    } catch (error) {
      return { outcome: "unavailable", reason: error instanceof Error ? error.message : String(error) };
    } finally {
      target.setDropping(false);
      this.#words.unlock();
    }
  }

  /**
   * Waits for the event loop without interrupting anything.
   *
   * @returns undefined when it answered, else the place where the program is.
   */
  async whereBusy(ask: (request: number) => void): Promise<string | undefined> {
    if (this.#words.runsElsewhere) return undefined;
    if (!this.#words.tryLock(threadId)) return undefined;
    try {
      if (await this.#answered(ask)) return undefined;
      if (this.#unavailable !== undefined) return "";
      return await stopAndLook(ask, async (stopped) => placeOf(stopped.frames, stopped.urlOf));
    } catch {
      return "";
    } finally {
      this.#words.unlock();
    }
  }

  async #interrupt(target: InterruptTarget): Promise<InterruptOutcome> {
    if (this.#words.runsElsewhere) {
      await this.#answered((request) => target.ask(request), Number.POSITIVE_INFINITY);
      return { outcome: "handed-over" };
    }
    let graceMs = GRACE_MS;
    for (let tries = 1; ; tries++) {
      if (await this.#answered((request) => target.ask(request), graceMs)) return { outcome: "handed-over" };
      if (this.#unavailable !== undefined) return { outcome: "unavailable", reason: this.#unavailable };
      const seen = await stopAndLook(
        (request) => target.ask(request),
        (program) => stopIfGuarded(program, target),
      );
      if (seen.at === "guarded") return { outcome: "stopped" };
      // The prompt may be about to run the line, or just done with it; and the program may have become idle. Each look
      // slows it down, so the next one comes later.
      graceMs = Math.min(graceMs * 2, LONGEST_GRACE_MS);
      if (tries > (seen.at === "prompt" ? PROMPT_TRIES : 0)) {
        if (await this.#answered((request) => target.ask(request))) return { outcome: "handed-over" };
        return { outcome: "left-alone", where: seen.where };
      }
    }
  }

  /** True when the event loop took the request in time. A request that it did not take is withdrawn. */
  async #answered(ask: (request: number) => void, graceMs: number = GRACE_MS): Promise<boolean> {
    const request = this.#words.openRequest();
    ask(request);
    const deadline = performance.now() + graceMs;
    while (this.#words.isOpen(request)) {
      if (performance.now() >= deadline) return !this.#words.takeRequest(request);
      await sleep(POLL_MS);
    }
    return true;
  }
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number };
}

/** A program that stands still in the debugger. */
interface StoppedProgram {
  frames: readonly Frame[];
  readonly urlOf: (frame: Frame) => string;
  /**
   * Lets the innermost function return, and stops again.
   *
   * @returns false when it went on for longer than the time limit, and was stopped wherever it was then.
   */
  stepOut(): Promise<boolean>;
  /** Ends what runs, as soon as the program goes on. */
  terminate(): void;
}

/** Where a stopped program was: inside the guard, at the prompt's own work around it, or elsewhere. */
interface Seen {
  readonly at: "guarded" | "prompt" | "elsewhere";
  readonly where: string;
}

/** Terminates a program that runs inside the guard; tells where it was. */
async function stopIfGuarded(program: StoppedProgram, target: InterruptTarget): Promise<Seen> {
  const { frames, urlOf } = program;
  const where = placeOf(frames, urlOf);
  if (!isGuarded(frames)) return { at: isPromptWork(frames, urlOf) ? "prompt" : "elsewhere", where };
  target.setDropping(true);
  // A stream that is cut in the middle of a write never writes again: library code is let out first.
  for (let steps = 0; steps < MAX_STEPS && isLibrary(program.frames[0], urlOf); steps++) {
    if (!(await program.stepOut())) break;
  }
  // Before the program goes on: its next words are the prompt's, and so are the next keys that it takes.
  target.setDropping(false);
  target.forgetKeys();
  if (isGuarded(program.frames)) program.terminate();
  return { at: "guarded", where };
}

/**
 * True when all that runs was called by this package, but no line was: it takes keys, or makes a line ready. Nor is it
 * anything else when nothing runs but Node itself: the event loop is about to call somebody.
 */
function isPromptWork(frames: readonly Frame[], urlOf: (frame: Frame) => string): boolean {
  if (frames.some(({ functionName }) => functionName === GUARD_FRAME)) return false;
  const outermost = frames.findLast((frame) => !urlOf(frame).startsWith("node:"));
  return outermost === undefined || urlOf(outermost).startsWith(LIBRARY);
}

function isGuarded(frames: readonly Frame[]): boolean {
  for (const { functionName } of frames) {
    if (functionName === GUARD_FRAME) return true;
    if (FOREIGN.has(functionName)) return false;
  }
  return false;
}

function isLibrary(frame: Frame | undefined, urlOf: (frame: Frame) => string): boolean {
  if (frame === undefined || frame.functionName === GUARD_FRAME) return false;
  const url = urlOf(frame);
  return url.startsWith("node:") || url.startsWith(LIBRARY);
}

/** The user's innermost function, or the innermost one when there is none of the user's. */
function placeOf(frames: readonly Frame[], urlOf: (frame: Frame) => string): string {
  const frame = frames.find((candidate) => !isLibrary(candidate, urlOf) && urlOf(candidate) !== "") ?? frames[0];
  if (frame === undefined) return "";
  const file = urlOf(frame).split(/[/\\]/).at(-1);
  const name = frame.functionName === "" ? "(anonymous)" : frame.functionName;
  return `${name} ${file === undefined || file === "" ? "(eval)" : file}:${frame.location.lineNumber + 1}`;
}

/**
 * Stops the main thread, calls `use`, lets it go on, and leaves no debugger behind.
 *
 * @param ask - Gives the event loop something to do: a program that has become idle stops only when something runs.
 */
async function stopAndLook<T>(
  ask: (request: number) => void,
  use: (program: StoppedProgram) => Promise<T>,
): Promise<T> {
  if (isMainThread) throw new Error("bug: a thread cannot interrupt itself");
  const { Session: InspectorSession } = await import("node:inspector");
  const session: Session = new InspectorSession();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  let terminated: Promise<void> | undefined;
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  const nextPause = (): Promise<readonly Frame[]> =>
    new Promise((resolve) => session.once("Debugger.paused", ({ params }) => resolve(params.callFrames)));
  try {
    const paused = nextPause();
    session.post("Debugger.enable");
    // Not before the program's thread has taken the order to stop: a message that came earlier would be no use.
    session.post("Debugger.pause", () => ask(NOTHING));
    const program: StoppedProgram = {
      frames: await paused,
      urlOf: (frame) => frame.url || (urls.get(frame.location.scriptId) ?? ""),
      async stepOut() {
        const pause = nextPause();
        session.post("Debugger.stepOut");
        const frames = await Promise.race([pause, sleep(STEP_TIMEOUT_MS)]);
        if (frames === undefined) session.post("Debugger.pause");
        program.frames = frames ?? (await pause);
        return frames !== undefined;
      },
      terminate() {
        terminated = posted(session, "Runtime.terminateExecution");
      },
    };
    const result = await use(program);
    // Leaving before the program has taken both would take back the one, and leave the other to land anywhere.
    await Promise.race([Promise.all([posted(session, "Debugger.resume"), terminated]), sleep(ANSWER_TIMEOUT_MS)]);
    return result;
  } finally {
    session.disconnect();
  }
}

/** Settles when the program has taken the message, or refused it. */
function posted(session: Session, method: "Debugger.resume" | "Runtime.terminateExecution"): Promise<void> {
  return new Promise((resolve) => session.post(method, () => resolve()));
}

function sleep(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}
