/**
 * How another thread can tell, from the call stack, that what runs was typed at the prompt and may be stopped.
 *
 * @module
 */

/**
 * Name of the function that a REPL calls what was typed through. While a function of this name is on the program's
 * stack, `Runtime.terminateExecution` of the inspector stops what is above it and nothing else.
 */
export const GUARD_FRAME = "__interruptible__";
