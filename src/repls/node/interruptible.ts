/**
 * The guard: what runs in it can be stopped by another thread, and nothing else is.
 *
 * V8 ends a termination at the boundary of the inspector's `Runtime.evaluate`. Therefore what was typed is called from
 * inside such an evaluation, on an inspector session of this same thread.
 *
 * @module
 */

import inspector from "node:inspector";

const SLOT = Symbol.for("porthole.guard");
/** The loop behind the call is where a termination lands that arrives just as the call returns. */
const CALL = 'globalThis[Symbol.for("porthole.guard")]();for(let i=0;i<8;i++)(()=>i)();';

/** What was typed was stopped by Ctrl-C. */
export class KeyboardInterrupt extends Error {
  constructor() {
    super("");
    this.name = "KeyboardInterrupt";
    this.stack = "KeyboardInterrupt";
  }
}

let usable: boolean | undefined;

/** Whether a session of this thread evaluates at once, as the guard needs it: not on Bun or Deno, nor without rights. */
export function canInterrupt(): boolean {
  if (usable !== undefined) return usable;
  usable = false;
  try {
    const session = new inspector.Session();
    session.connect();
    session.post("Runtime.evaluate", { expression: "1", silent: true }, (error) => {
      usable = error === null;
    });
    session.disconnect();
  } catch {
    // No inspector in this runtime.
  }
  return usable;
}

/**
 * Calls `run` so that `Runtime.terminateExecution`, sent by another thread, stops it. Where that can't be had, it is a
 * plain call.
 *
 * @throws {@link KeyboardInterrupt} when it was stopped; else what `run` throws.
 */
export function interruptible<Result>(run: () => Result): Result {
  if (!canInterrupt()) return run();
  const session = new inspector.Session();
  session.connect();
  const slots = globalThis as { [SLOT]?: (() => void) | undefined };
  const outer = slots[SLOT];
  let outcome: { readonly result: Result } | { readonly error: unknown } | undefined;
  // The name is what another thread looks for: see GUARD_FRAME.
  slots[SLOT] = function __interruptible__() {
    try {
      outcome = { result: run() };
    } catch (error) {
      outcome = { error };
    }
  };
  try {
    session.post("Runtime.evaluate", { expression: CALL, silent: true });
  } finally {
    if (outer === undefined) delete slots[SLOT];
    else slots[SLOT] = outer;
    // A connected session makes V8 keep the arguments of the last 1,000 console calls, also after it is gone.
    session.post("Runtime.discardConsoleEntries", () => undefined);
    session.disconnect();
  }
  if (outcome === undefined) throw new KeyboardInterrupt();
  if ("error" in outcome) throw outcome.error;
  return outcome.result;
}
