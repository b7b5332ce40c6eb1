/**
 * The board's thread: loads the interpreter, runs `boot.py` and `main.py`, then hands every key to the REPL. Each reset
 * is a new thread.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { BoardConsole } from "./board-console.ts";
import { Control, Slot } from "./control.ts";
import { createHostCalls } from "./host-calls.ts";
import { type Interpreter, loadInterpreter } from "./interpreter.ts";
import type { BoardCommand, BoardMessage, BoardThreadData, ResetCause } from "./messages.ts";
import { createPythonTimers } from "./python-timers.ts";
import { type ReplDraft, ReplDriver } from "./repl-driver.ts";
import { romKind, romText } from "./rom/files.ts";
import { START } from "./rom/start.ts";

/** After this long at a stretch the prompt lets timers and background tasks have their turn. */
const TURN_MS = 5;
const CTRL_C = 3;
const INTERRUPTS_OFF = -1;
const CAUSES: Readonly<Record<ResetCause, number>> = { power: 1, hard: 2, soft: 5 };

const data = workerData as BoardThreadData;
const port = parentPort;
if (port === null) throw new Error("bug: this file is a thread's");
const post = (message: BoardMessage): void => port.postMessage(message);
const control = new Control(data.control);
const console = new BoardConsole(control, {
  output: () => post({ type: "output" }),
  room: () => post({ type: "room" }),
});

/** Runs a call of the interpreter; an exception that comes out of it is shown when it is Python's, else is the end. */
function run<T>(call: () => T): T | undefined {
  Atomics.store(control.words, Slot.running, 1);
  try {
    return call();
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "PythonError") console.print(Buffer.from(`${message}\n`));
    else crash(error);
    return undefined;
  } finally {
    Atomics.store(control.words, Slot.running, 0);
  }
}

/** The interpreter is broken: nothing of it may be used again. */
function crash(error: unknown): never {
  // A system error's message names a path of the host, which is not for everybody who sees the board.
  const { code, message } = error as NodeJS.ErrnoException;
  post({ type: "crashed", text: code ?? message ?? String(error) });
  return rest();
}

/** Waits to be ended from outside. */
function rest(): never {
  for (;;) Atomics.wait(control.words, Slot.wake, Atomics.load(control.words, Slot.wake));
}

/** As {@link run}, for Python code that is not typed at the REPL: it can be interrupted all the same. */
function runProgram<T>({ interrupts }: Interpreter, call: () => T): T | undefined {
  const before = interrupts.character;
  interrupts.withdraw();
  interrupts.character = CTRL_C;
  try {
    return run(call);
  } finally {
    interrupts.character = before;
  }
}

function installBoardModule(interpreter: Interpreter): void {
  const { python, sandbox } = interpreter;
  const timers = createPythonTimers((callback) => runProgram(interpreter, callback));
  interpreter.runCoroutinesWith((call) => runProgram(interpreter, call) ?? 0);
  interpreter.setJsModule(sandbox.allow({ setTimeout: timers.setTimeout, clearTimeout: timers.clearTimeout }));
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const board = sandbox.allow({
    rom_kind: (path: unknown) => romKind(text(path)),
    rom_text: (path: unknown) => romText(text(path)) ?? "",
    mounts: () => Object.keys(data.mounts).join(" "),
    banner: () => data.banner,
    unique_id: () => data.uniqueId,
    frequency: () => data.frequencyHz,
    reset_cause: () => CAUSES[data.cause],
    call: createHostCalls(data.calls, console),
    /** True when Ctrl-C came. */
    sleep: (milliseconds: unknown) =>
      console.wait(() => false, typeof milliseconds === "number" ? milliseconds : 0) === "interrupted",
    /** A byte of input, -1 when Ctrl-C came, -2 when the time is over. */
    getch: (milliseconds: unknown) => {
      const limit = typeof milliseconds === "number" && milliseconds >= 0 ? milliseconds : undefined;
      const result = console.wait(() => console.available() > 0, limit);
      return result === "ready" ? console.take() : result === "interrupted" ? -1 : -2;
    },
    reset: (kind: unknown) => {
      post({ type: "reset", kind: kind === "soft" ? "soft" : "hard", raw: false });
      rest();
    },
  });
  python.registerJsModule("_board", board);
}

async function boot(): Promise<void> {
  const interpreter = await loadInterpreter({
    module: data.module,
    console,
    banner: data.banner,
    mounts: data.mounts,
    addresses: data.addresses?.interrupt,
  });
  const { python, interrupts } = interpreter;
  console.interrupted = () => interrupts.pending;
  interrupts.character = INTERRUPTS_OFF;
  installBoardModule(interpreter);
  python.runPython(START);
  interpreter.confinePaths();
  post({ type: "started", memory: interpreter.memory.memory, addresses: interpreter.addresses });

  runProgram(interpreter, () => python.runPython("import _boot\n_boot.run_file('boot.py')\ndel _boot"));
  if (data.script !== undefined) {
    const { name, source, argv } = data.script;
    // A JSON text is a Python literal, too.
    const call = `import sys, _boot\nsys.argv[:] = ${JSON.stringify(argv)}\ndel sys\n_exit = _boot.run_source(${JSON.stringify(source)}, ${JSON.stringify(name)})\n`;
    const exitCode = runProgram(interpreter, () => {
      python.runPython(call);
      return (python as unknown as { globals: { get(name: string): unknown } }).globals.get("_exit");
    });
    post({ type: "ended", exitCode: typeof exitCode === "number" ? exitCode : exitCode === null ? 0 : 1 });
    rest();
  }
  if (!data.raw) runProgram(interpreter, () => python.runPython("import _boot\n_boot.run_file('main.py')\ndel _boot"));
  serve(interpreter);
}

/** From here on the thread turns its event loop between keys. */
function serve(interpreter: Interpreter): void {
  const repl = new ReplDriver(
    {
      interpreter,
      console,
      run: (call) => run(call) as ReturnType<typeof call>,
      seat: () => Atomics.load(control.words, Slot.seat),
      onEnd: (raw) => {
        post({ type: "reset", kind: "soft", raw });
        rest();
      },
      editorAddress: data.addresses?.editor,
    },
    data.raw,
  );
  post({ type: "prompt", addresses: { interrupt: interpreter.addresses, editor: repl.editorAddress } });

  const drafts = new Map<number, ReplDraft>();
  let commandsDone = 0;
  const obey = (command: BoardCommand): void => {
    if (command.type === "suspend") {
      const draft = repl.suspend(command.seat);
      if (draft === undefined) return;
      drafts.set(command.seat, draft);
      post({ type: "draft", seat: command.seat, draft });
    } else {
      const draft = command.draft ?? drafts.get(command.draftOf ?? -1);
      drafts.delete(command.draftOf ?? -1);
      repl.resume(draft, command.seat);
    }
  };
  /** Commands are older than every byte that was written after them. */
  const obeyAll = (): void => {
    while (commandsDone !== Atomics.load(control.words, Slot.commands)) {
      const received = receiveMessageOnPort(data.commands) as { readonly message: BoardCommand } | undefined;
      if (received === undefined) return;
      commandsDone++;
      obey(received.message);
    }
  };
  let waiting = false;
  const pump = (): void => {
    waiting = false;
    control.lower(Slot.inputNoted);
    const end = performance.now() + TURN_MS;
    for (;;) {
      obeyAll();
      const byte = console.take();
      if (byte < 0) return;
      repl.input(byte);
      if (performance.now() > end) break;
    }
    if (!waiting) setImmediate(pump);
    waiting = true;
  };
  port?.on("message", pump);
  pump();
}

process.on("uncaughtException", (error) => {
  if (error.name === "PythonError") console.print(Buffer.from(`${error.message}\n`));
  else crash(error);
});
process.on("unhandledRejection", (reason) => console.print(Buffer.from(`${(reason as Error)?.message ?? reason}\n`)));

try {
  await boot();
} catch (error) {
  crash(error);
}
