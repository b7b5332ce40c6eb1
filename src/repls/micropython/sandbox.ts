/**
 * The wall between Python and JavaScript.
 *
 * The interpreter is made to reach every object of the host through `import js`, and from any object all others by way
 * of `constructor` and `prototype`. Here Python reaches nothing but the own properties of objects that the board has
 * listed, and calls nothing but functions that it has listed. Everything else that Python's `js` and `jsffi` modules do
 * gives None, without an exception: one that is thrown in JavaScript would unwind through C.
 *
 * The check is by the object itself, at the border: whatever Python writes into its own memory (`uctypes`), it can only
 * name other objects, and those are not listed.
 *
 * @module
 */

import type { EmscriptenModule, WasmFunction, WasmMemory } from "./emscripten.ts";

type Call = (...args: number[]) => number;

const NULL = 1; // the kind of value, as the glue numbers them: Python's None

export interface SandboxOptions {
  readonly imports: Record<string, WasmFunction>;
  readonly module: () => EmscriptenModule;
  readonly memory: () => WasmMemory;
  /** The object behind a number that Python holds. */
  readonly resolve: (reference: number) => unknown;
}

export class Sandbox {
  readonly #objects = new WeakSet<object>();
  readonly #functions = new WeakSet<object>();
  readonly #options: SandboxOptions;

  /** Replaces the functions in `imports` by which Python touches JavaScript. */
  constructor(options: SandboxOptions) {
    this.#options = options;
    this.#install(options.imports as unknown as Record<string, Call>);
  }

  /**
   * Lets Python have an object's own properties, and call those that are functions.
   *
   * @returns the object that Python is to be given: frozen, without a prototype.
   */
  allow(members: Readonly<Record<string, (...args: never[]) => unknown>>): object {
    const object = Object.freeze(Object.assign(Object.create(null) as object, members));
    this.#objects.add(object);
    for (const member of Object.values(members)) this.#functions.add(member);
    return object;
  }

  #isOwn(reference: number, name: number): boolean {
    const object = this.#options.resolve(reference);
    if (typeof object !== "object" || object === null || !this.#objects.has(object)) return false;
    return Object.hasOwn(object, this.#options.memory().text(name));
  }

  #nothing(out: number): void {
    this.#options.module().setValue(out, NULL, "i32");
  }

  #install(imports: Record<string, Call>): void {
    const lookup = imports["lookup_attr"] as Call;
    imports["lookup_attr"] = (reference = 0, name = 0, out = 0) =>
      this.#isOwn(reference, name) ? lookup(reference, name, out) : 0;
    imports["has_attr"] = (reference = 0, name = 0) => (this.#isOwn(reference, name) ? 1 : 0);

    for (const name of ["call0", "call1", "call2", "calln", "call0_kwarg", "calln_kwarg"]) {
      const call = imports[name] as Call;
      imports[name] = (...args) => {
        const target = this.#options.resolve(args[0] ?? 0);
        const out = args.at(-1) ?? 0;
        try {
          if (typeof target === "function" && this.#functions.has(target)) return call(...args);
        } catch {
          // falls through: the call gives nothing
        }
        this.#nothing(out);
        return 0;
      };
    }

    // The last argument is where the result goes.
    const fruitless = ["js_reflect_construct", "js_subscr_load", "js_get_iter", "js_then_continue", "create_promise"];
    fruitless.push("proxy_convert_mp_to_js_then_js_to_mp_obj_jsside");
    fruitless.push("proxy_convert_mp_to_js_then_js_to_js_then_js_to_mp_obj_jsside");
    for (const name of fruitless) {
      imports[name] = (...args) => {
        this.#nothing(args.at(-1) ?? 0);
        return 0;
      };
    }
    for (const name of ["store_attr", "js_subscr_store", "js_iter_next"]) imports[name] = () => 0;
    // The end of a coroutine that a timer's callback has given back: nobody waits for it, an error is shown.
    for (const name of ["js_then_resolve", "js_then_reject"]) {
      const settle = imports[name] as Call;
      imports[name] = (...args) => {
        try {
          return settle(...args);
        } catch {
          return 0;
        }
      };
    }
    imports["js_get_error_info"] = (_reference = 0, name = 0, message = 0) => {
      this.#nothing(name);
      this.#nothing(message);
      return 0;
    };
  }
}
