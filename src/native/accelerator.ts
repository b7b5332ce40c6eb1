/**
 * The accelerator: a few system calls of Linux that Node has no name for, through the optional package koffi. It is
 * looked for once, when it is first asked for, and nothing needs it.
 *
 * @module
 */

import { createRequire } from "node:module";
import type * as Koffi from "koffi";
import { bindSystemCalls, type SystemCalls } from "./system-calls.ts";

export interface Accelerator {
  /** Undefined: everything goes through Node's own calls. */
  readonly calls: SystemCalls | undefined;
  /** For people: what it is, or why there is none. */
  readonly text: string;
}

let found: Accelerator | undefined;

/** The accelerator of this thread; loading it takes some 10 ms the first time. Never throws. */
export function accelerator(): Accelerator {
  found ??= find(process.env["PORTHOLE_ACCELERATOR"]);
  return found;
}

function find(setting: string | undefined): Accelerator {
  if (setting === "off") return without("off by PORTHOLE_ACCELERATOR");
  if (process.platform !== "linux") return without(`none for ${process.platform}`);
  if (process.arch !== "x64" && process.arch !== "arm64") return without(`none for ${process.arch}`);
  try {
    const koffi: typeof Koffi = createRequire(import.meta.url)("koffi");
    return { calls: bindSystemCalls(koffi), text: `koffi ${koffi.version}` };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    return without(code === "MODULE_NOT_FOUND" ? "koffi is not installed" : `koffi cannot be used: ${String(error)}`);
  }
}

function without(text: string): Accelerator {
  return { calls: undefined, text };
}
