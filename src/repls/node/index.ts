/**
 * The Node prompt: what a program that offers one needs.
 *
 * @module
 */

export { canInterrupt, KeyboardInterrupt } from "./interruptible.ts";
export { createNodeRepl, type NodeRepl, type NodeReplOptions } from "./node-repl.ts";
