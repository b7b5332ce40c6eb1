/**
 * Runs what was typed: TypeScript or JavaScript, with imports and `await` at the top level.
 *
 * @module
 */

import { createRequire } from "node:module";
import vm from "node:vm";
import type { Program } from "acorn";
import { interruptible } from "./interruptible.ts";
import { rewriteModuleSyntax } from "./module-syntax.ts";
import { wrapTopLevelAwait } from "./top-level-await.ts";
import { isUnfinished, stripTypes } from "./typescript.ts";

export type Outcome =
  | { readonly type: "value"; readonly value: unknown }
  | { readonly type: "error"; readonly error: unknown }
  /** Not finished: more lines are wanted. `error` is what it would be without them. */
  | { readonly type: "more"; readonly error: unknown }
  /** It awaits; the promise settles with a value or an error, and never rejects. */
  | { readonly type: "pending"; readonly outcome: Promise<Outcome> };

export interface EvaluatorOptions {
  /** False: lines are JavaScript. */
  readonly typescript: boolean;
}

/** Runs code in a context made by `vm.createContext()`, or in this realm when there is none. */
export type Evaluate = (code: string, context: vm.Context | undefined, filename: string) => Outcome;

const require = createRequire(import.meta.url);

function parse(code: string, sourceType: "script" | "module"): Program {
  const acorn = require("acorn") as typeof import("acorn");
  return acorn.parse(code, { ecmaVersion: "latest", sourceType, allowAwaitOutsideFunction: true });
}

/**
 * What was typed imports as the main program does, seen from the working directory. Node before 20.12 can't; Node 20
 * warns once that it is experimental, therefore it is asked for only where it is needed.
 */
function importOptions(code: string): Pick<vm.ScriptOptions, "importModuleDynamically"> {
  const loader = (vm.constants as typeof vm.constants | undefined)?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  return loader !== undefined && code.includes("import") ? { importModuleDynamically: loader } : {};
}

interface Compiled {
  readonly script: vm.Script;
  readonly awaits: boolean;
}

function compileScript(code: string, filename: string): vm.Script {
  return new vm.Script(code, { filename, ...importOptions(code) });
}

function compile(code: string, filename: string): Compiled {
  let script = code;
  let awaits = false;
  try {
    script = rewriteModuleSyntax(script, (text) => parse(text, "module"));
    const wrapped = wrapTopLevelAwait(script, (text) => parse(text, "script"));
    if (wrapped !== undefined) {
      script = wrapped;
      awaits = true;
    }
  } catch {
    // V8's own words for the error are the better ones.
  }
  return { script: compileScript(script, filename), awaits };
}

/** `{ a: 1 }` is meant as an object, unless a semicolon says that it is a block. */
function looksLikeObject(code: string): boolean {
  return /^\s*\{/.test(code) && !/;\s*$/.test(code);
}

function isIncomplete(code: string): boolean {
  for (const sourceType of ["module", "script"] as const) {
    try {
      parse(code, sourceType);
      return false;
    } catch (error) {
      if (isUnfinished(error, code)) return true;
    }
  }
  return false;
}

/** Cuts the frames below what was typed: they are this module's and Node's. */
export function trimStack(error: unknown): void {
  if (!(typeof error === "object" && error !== null && "stack" in error) || typeof error.stack !== "string") return;
  const cut = error.stack.search(/\n\s+at (Script\.runIn|.*\brunTyped\b|.*__interruptible__)/);
  if (cut >= 0) error.stack = error.stack.slice(0, cut);
}

/** Makes an evaluator. */
export function createEvaluator(options: EvaluatorOptions): Evaluate {
  const strip = options.typescript ? stripTypes : (code: string) => code;

  function prepare(code: string, filename: string): Compiled {
    if (looksLikeObject(code)) {
      try {
        return compile(strip(`(${code.trim()})`), filename);
      } catch {
        // A block after all.
      }
    }
    let stripped = code;
    try {
      stripped = strip(code).trimEnd();
    } catch {
      // As JavaScript then: V8's own words for the error are the better ones.
    }
    return compile(stripped, filename);
  }

  function wantsMore(code: string): boolean {
    let stripped = code;
    try {
      stripped = strip(code).trimEnd();
    } catch (error) {
      if (isUnfinished(error, code)) return true;
    }
    return isIncomplete(stripped);
  }

  return function evaluate(typed, context, filename) {
    const code = typed.replace(/\n$/, "");
    let compiled: Compiled;
    try {
      compiled = prepare(code, filename);
    } catch (error) {
      return { type: error instanceof SyntaxError && wantsMore(code) ? "more" : "error", error };
    }
    const { script, awaits } = compiled;
    let result: unknown;
    try {
      result = interruptible(function runTyped() {
        const scriptOptions = { displayErrors: false };
        return context === undefined
          ? script.runInThisContext(scriptOptions)
          : script.runInContext(context, scriptOptions);
      });
    } catch (error) {
      trimStack(error);
      return { type: "error", error };
    }
    if (!awaits) return { type: "value", value: result };
    const outcome = (result as Promise<{ readonly value: unknown } | undefined>).then(
      (settled): Outcome => ({ type: "value", value: settled?.value }),
      (error: unknown): Outcome => {
        trimStack(error);
        return { type: "error", error };
      },
    );
    return { type: "pending", outcome };
  };
}
