/**
 * Loads the interpreter in this thread. One thread holds one interpreter: the glue keeps its state in `globalThis`.
 *
 * @module
 */

import type { BoardConsole } from "./board-console.ts";
import type { EmscriptenModule, Glue, GlueGlobals, MicroPython, WasmFunction } from "./emscripten.ts";
import { WasmMemory } from "./emscripten.ts";
import { findInterruptAddresses } from "./find-addresses.ts";
import { createHostFilesystem, type HostFilesystem } from "./host-filesystem.ts";
import { adaptImports } from "./interpreter-imports.ts";
import { type InterruptAddresses, Interrupts } from "./interrupt.ts";
import { Sandbox } from "./sandbox.ts";
import { createTerminalCalls } from "./terminal-calls.ts";

/** The Python heap begins with this much and grows by itself. */
const FIRST_HEAP_BYTES = 524_288;
const PYTHON_STACK_WORDS = 2_048;
const RESUME = "proxy_c_to_js_resume";

export interface InterpreterOptions {
  readonly module: WebAssembly.Module;
  readonly console: BoardConsole;
  readonly banner: string;
  /** Host directories by the name of their mount (`/flash`). */
  readonly mounts: Readonly<Record<string, string>>;
  /** From an earlier board with the same module. */
  readonly addresses: InterruptAddresses | undefined;
}

export interface Interpreter {
  readonly python: MicroPython;
  readonly memory: WasmMemory;
  readonly sandbox: Sandbox;
  readonly addresses: InterruptAddresses;
  readonly interrupts: Interrupts;
  /** Makes `import js` give this object. */
  setJsModule(object: object): void;
  /** Has coroutines that JavaScript goes on with run by `run`: those that a timer's callback has given back. */
  runCoroutinesWith(run: (call: () => number) => number): void;
  /** From now on no path but the mounts exists for Python. */
  confinePaths(): void;
}

export async function loadInterpreter(options: InterpreterOptions): Promise<Interpreter> {
  const globals = globalThis as unknown as GlueGlobals & { WebAssembly: { instantiate: unknown } };
  const standard = WebAssembly.instantiate as (
    module: WebAssembly.Module,
    imports: WebAssembly.Imports,
  ) => Promise<WebAssembly.Instance>;
  const roots: string[] = [];
  let memory: WasmMemory | undefined;
  let exported: WebAssembly.Exports = {};
  let filesystem: HostFilesystem | undefined;
  let sandbox: Sandbox | undefined;
  let python: MicroPython | undefined;
  let interrupts: Interrupts | undefined;
  const loaded = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("bug: the interpreter is not loaded");
    return value;
  };

  // The glue takes no module and no imports of ours: it is given both where it asks the platform.
  globals.WebAssembly.instantiate = async (_bytes: unknown, all: { env: Record<string, WasmFunction> }) => {
    const imports = all.env;
    const ticks = imports["mp_js_ticks_ms"] as () => number;
    adaptImports({
      imports,
      memory: () => loaded(memory),
      terminal: createTerminalCalls({
        memory: () => loaded(memory),
        console: options.console,
        banner: options.banner,
        rawInput: () => interrupts !== undefined && interrupts.character === -1,
        ticks,
      }),
      filesystem: () => filesystem,
      roots: () => roots,
      cwd: () => loaded(python).FS.cwd(),
      atRoot: (run) => {
        const fs = loaded(python).FS;
        const before = fs.cwd();
        fs.chdir("/");
        try {
          return run();
        } finally {
          // It may be the one that is removed.
          try {
            fs.chdir(before);
          } catch {}
        }
      },
    });
    sandbox = new Sandbox({
      imports,
      memory: () => loaded(memory),
      // The glue's own, as `python` is not there yet when the first values are converted.
      module: () => (globalThis as unknown as { Module: EmscriptenModule }).Module,
      resolve: (reference) => globals.proxy_js_ref[reference],
    });
    const instance = await standard(options.module, all as unknown as WebAssembly.Imports);
    exported = instance.exports;
    memory = new WasmMemory(exported["memory"] as WebAssembly.Memory);
    return { instance, module: options.module };
  };
  try {
    python = await loadGlue();
  } finally {
    globals.WebAssembly.instantiate = standard;
  }

  const view = loaded(memory);
  const stackBase = (exported["emscripten_stack_get_base"] as () => number)();
  const addresses = options.addresses ?? findInterruptAddresses(python, view, stackBase);
  interrupts = new Interrupts(view.memory, addresses);
  const fs = python.FS;
  filesystem = createHostFilesystem(fs);
  for (const [mount, root] of Object.entries(options.mounts)) {
    fs.mkdir(mount);
    fs.mount(filesystem.type, { root }, mount);
  }
  return {
    python,
    memory: view,
    sandbox: loaded(sandbox),
    addresses,
    interrupts,
    setJsModule: (object) => {
      globals.proxy_js_ref_map.delete(globals.proxy_js_ref[0]);
      globals.proxy_js_ref[0] = object;
      globals.proxy_js_ref_map.set(object, 0);
    },
    runCoroutinesWith: (run) => {
      const { _module: module } = python as MicroPython;
      const call = module.ccall.bind(module);
      module.ccall = (name, ...rest) => (name === RESUME ? run(() => call(name, ...rest)) : call(name, ...rest));
    },
    confinePaths: () => {
      // Emscripten's terminal devices would read the host's own terminal.
      for (const device of ["/dev/tty", "/dev/tty1"]) fs.unlink(device);
      roots.push(...Object.keys(options.mounts));
    },
  };
}

async function loadGlue(): Promise<MicroPython> {
  // The glue runs as a command when the program's name is part of its own.
  process.argv.length = 1;
  const glue = (await import("@micropython/micropython-webassembly-pyscript/micropython.mjs")) as unknown as Glue;
  const nothing = (): void => {};
  return glue.loadMicroPython({
    heapsize: FIRST_HEAP_BYTES,
    pystack: PYTHON_STACK_WORDS,
    url: import.meta.url, // read, but not used: the module is compiled already
    linebuffer: false,
    stdin: () => null,
    stdout: nothing,
    stderr: nothing,
  });
}
