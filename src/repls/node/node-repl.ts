/**
 * A Node prompt with the program's own objects, for one owner at a time.
 *
 * @module
 */

import repl, { type REPLServer } from "node:repl";
import { inspect } from "node:util";
import type { Draft, ReplScreen, Seat, SwitchedRepl } from "../../console/switched-repl.ts";
import { VirtualTerminal } from "../../console/virtual-terminal.ts";
import { clearEntry, drawDraft, type LineDraft, takeDraft } from "./draft.ts";
import { createEvaluator, type Outcome, trimStack } from "./evaluator.ts";
import { helpText } from "./help.ts";
import { interruptible, KeyboardInterrupt } from "./interruptible.ts";
import { createKeyEcho, type KeyEchoing } from "./key-echo.ts";
import { canBracketPaste, PASTE_OFF, PASTE_ON, takePastes } from "./paste.ts";
import { bufferedLines, endKeySequence, type ServerInternals } from "./server-internals.ts";

const SAVED_LINES = 10_000;

export interface NodeReplOptions {
  /** Names at the prompt; getters stay getters. `help` is added when it isn't among them. */
  readonly context?: object;
  /** Default `> `. */
  readonly prompt?: string;
  /**
   * True: what is typed runs in the program's own realm and its global names. Default false: in a context of its own,
   * where `instanceof Array` and the like know only what was made at the prompt.
   */
  readonly useGlobal?: boolean;
  /** Whether types may be typed. Default true. */
  readonly typescript?: boolean;
  /** Shown in the banner. Default `Node.js`. */
  readonly name?: string;
  /** Shown behind the name. Default the version of Node. */
  readonly version?: string;
  /** Lines that the arrows recall. Default 1,000. */
  readonly historySize?: number;
  /** Where they are kept between runs. Default nowhere. */
  readonly historyFile?: string;
}

export interface NodeRepl extends SwitchedRepl {
  /** The server behind the prompt, for `defineCommand()` and the like; its `context` has the names. */
  readonly server: REPLServer;
  /** Ends the prompt for good; nothing of it is left in the process. */
  close(): void;
}

interface NodeDraft {
  readonly entry: LineDraft | undefined;
  readonly typedAhead: string;
}

/** `readline` reads `TERM` of the process, whose terminal need not be the user's, also each time it prompts. */
function startServer(options: repl.ReplOptions): REPLServer {
  const server = withoutDumbTerm(() => repl.start(options));
  const { prompt } = server;
  server.prompt = (preserveCursor) => withoutDumbTerm(() => prompt.call(server, preserveCursor));
  return server;
}

function withoutDumbTerm<T>(call: () => T): T {
  const type = process.env["TERM"];
  if (type !== "dumb") return call();
  delete process.env["TERM"];
  try {
    return call();
  } finally {
    process.env["TERM"] = type;
  }
}

/**
 * Makes a Node REPL for a console switch.
 *
 * An error that what was typed throws later, in a timer for example, is shown at the prompt and does not end the
 * program; errors of the program itself are left alone. Node does that with a domain (from version 26 with an async
 * context and a capture callback), and with one listener of the process's `newListener`: nothing else of the process is
 * touched.
 */
export function createNodeRepl(options: NodeReplOptions = {}): NodeRepl {
  const prompt = options.prompt ?? "> ";
  const names = options.context ?? {};
  const evaluate = createEvaluator({ typescript: options.typescript ?? true });
  let screen: ReplScreen | undefined;
  let seat: Seat | undefined;
  let colors = false;
  let interrupts = 0;
  let running: ((outcome: Outcome) => void) | undefined;
  /** Drawn when what runs is done. */
  let owed: LineDraft | undefined;
  let echo: KeyEchoing | undefined;

  const terminal = new VirtualTerminal({
    write: (bytes) => (seat === undefined || echo?.keep(bytes) === true ? undefined : screen?.write(bytes)),
    cancel: () => running?.({ type: "error", error: new KeyboardInterrupt() }),
    failed(error) {
      say(`Uncaught ${show(error)}\n`);
      clearEntry(server, prompt);
      server.displayPrompt();
    },
  });

  function say(text: string): void {
    terminal.write(text);
  }

  /** Never throws, and can be interrupted: an object may bring its own code for how it is shown. */
  function show(value: unknown): string {
    const settings = { ...repl.writer.options, colors, breakLength: Math.max(terminal.columns, 40) };
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return inspect(value, settings);
    try {
      trimStack(value);
      return interruptible(() => inspect(value, settings));
    } catch (error) {
      if (!(error instanceof KeyboardInterrupt)) return "[a value that can't be shown]";
      terminal.keys.forget();
      return error.name;
    }
  }

  function tell(outcome: Outcome, done: (error: Error | null, value?: unknown) => void): void {
    if (outcome.type === "value") done(null, outcome.value);
    else if (outcome.type === "more") done(new repl.Recoverable(outcome.error as Error));
    else if (outcome.type === "error" && outcome.error instanceof KeyboardInterrupt) {
      terminal.keys.forget();
      say("KeyboardInterrupt\n");
      done(null);
    } else if (outcome.type === "error" && outcome.error) done(outcome.error as Error);
    else if (outcome.type === "error") {
      // The server takes a falsy error for none.
      say(`Uncaught ${show(outcome.error)}\n`);
      done(null);
    }
  }

  function evaluateTyped(
    this: REPLServer,
    code: string,
    context: object,
    file: string,
    done: (error: Error | null, value?: unknown) => void,
  ): void {
    const outcome = evaluate(code, options.useGlobal === true ? undefined : context, file);
    if (outcome.type !== "pending") {
      tell(outcome, done);
      return;
    }
    // Completion asks without a line end; it can't wait.
    if (!code.endsWith("\n")) {
      done(null, undefined);
      return;
    }
    const finish = (settled: Outcome): void => {
      if (running !== finish) return;
      running = undefined;
      try {
        tell(settled, done);
        if (owed !== undefined && seat !== undefined) {
          drawDraft(server, prompt, owed);
          owed = undefined;
        }
      } finally {
        terminal.keys.release();
      }
    };
    running = finish;
    terminal.keys.hold();
    void outcome.outcome.then(finish);
  }

  function leave(): void {
    screen?.exit();
  }

  function addNames(context: object): void {
    Object.defineProperties(context, Object.getOwnPropertyDescriptors(names));
    if ("help" in names) return;
    const help = (): void => say(helpText(names, server.commands as Record<string, { help?: string }>));
    Object.defineProperty(context, "help", { value: help, configurable: true, writable: true });
  }

  const server = startServer({
    prompt,
    input: terminal,
    output: terminal,
    terminal: true,
    useColors: false,
    useGlobal: options.useGlobal ?? false,
    preview: false,
    historySize: options.historySize ?? 1_000,
    eval: evaluateTyped as repl.REPLEval,
    writer: show as repl.REPLWriter,
  } as repl.ReplOptions) as unknown as ServerInternals & REPLServer;
  const closeServer = server.close;
  server.close = leave;
  const pastes = takePastes(server);
  const echoing = createKeyEcho(server, {
    get isIdle() {
      return running === undefined && !terminal.keys.held && terminal.keys.isEmpty && !pastes.isUnderWay;
    },
    get besides() {
      return screen?.besides ?? 0;
    },
  });
  echo = echoing;
  addNames(server.context);
  server.on("reset", addNames);
  server.on("line", () => {
    interrupts = 0;
    if (server.lines.length > SAVED_LINES) server.lines.splice(0, server.lines.length - SAVED_LINES);
  });
  // Stopping the whole process is not for the prompt's user to do.
  server.on("SIGTSTP", () => undefined);
  server.removeAllListeners("SIGINT");
  server.on("SIGINT", () => {
    const idle = server.line === "" && bufferedLines(server) === "" && !server.editorMode;
    server.clearLine();
    clearEntry(server, prompt);
    interrupts = idle ? interrupts + 1 : 0;
    if (interrupts > 1 && seat?.who === "local") {
      interrupts = 0;
      leave();
      return;
    }
    if (interrupts === 1) {
      say(
        seat?.who === "local"
          ? "(To exit, press Ctrl+C again or Ctrl+D or type .exit)\n"
          : "(To leave, press Ctrl+D or type .exit)\n",
      );
    }
    server.displayPrompt();
  });
  server.defineCommand("exit", { help: "Leave the prompt", action: leave });
  if (options.historyFile !== undefined) server.setupHistory(options.historyFile, () => undefined);

  return {
    name: options.name ?? "Node.js",
    version: options.version ?? process.version,
    rawOutput: false,
    server,
    get busy() {
      return running !== undefined;
    },
    connect(to) {
      screen = to;
    },
    input: (bytes) => echoing.watch(bytes, () => terminal.keys.input(bytes)),
    echo: () => (seat === undefined ? undefined : echoing.foretell()),
    inputShown: (bytes) =>
      echoing.takeShown(
        bytes,
        () => terminal.keys.input(bytes),
        (shown) => terminal.write(shown),
      ),
    resize: (size) => echoing.watch(undefined, () => terminal.resize(size)),
    interrupt: () => terminal.keys.interrupt(),
    suspend(): Draft {
      endKeySequence(terminal);
      pastes.end();
      const typedAhead = terminal.keys.detach();
      const entry = owed ?? takeDraft(server, prompt);
      owed = undefined;
      if (seat !== undefined && canBracketPaste(seat.type)) say(PASTE_OFF);
      seat = undefined;
      interrupts = 0;
      return { entry, typedAhead } satisfies NodeDraft;
    },
    resume(next, draft) {
      const { entry, typedAhead } = (draft ?? { entry: undefined, typedAhead: "" }) as NodeDraft;
      seat = next;
      terminal.attach(next.type, next.size);
      colors = terminal.hasColors() && !(next.who === "local" && Boolean(process.env["NO_COLOR"]));
      if (canBracketPaste(next.type)) say(PASTE_ON);
      if (running !== undefined) owed = entry;
      else drawDraft(server, prompt, entry);
      echoing.begin();
      if (typedAhead !== "") echoing.watch(Buffer.from(typedAhead), () => terminal.keys.attach(typedAhead));
    },
    close() {
      seat = undefined;
      running = undefined;
      terminal.keys.detach();
      Reflect.apply(closeServer, server, []);
    },
  };
}
