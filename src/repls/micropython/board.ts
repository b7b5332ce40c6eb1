/**
 * A MicroPython board in a thread of its own.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import os from "node:os";
import type { Draft, ReplScreen, Seat, SwitchedRepl } from "../../console/switched-repl.ts";
import { PortholeError } from "../../contracts/errors.ts";
import { LIMITS } from "../../contracts/limits.ts";
import type { WindowSize } from "../../contracts/repl.ts";
import type { BoardScript } from "./board-script.ts";
import { BoardThread, type ThreadEnd } from "./board-thread.ts";
import { answerHostCall, type HostMethods } from "./host-methods.ts";
import { interpreterModule } from "./interpreter-module.ts";
import type { KnownAddresses, ResetCause } from "./messages.ts";
import type { ReplDraft } from "./repl-driver.ts";

/** The version of MicroPython that the board runs. */
export const MICROPYTHON_VERSION = "1.27.0";

/** The Python heap when nothing is said, in bytes. */
export const BOARD_MEMORY_BYTES: number = 64 * 1_048_576;
const LEAST_MEMORY_BYTES = 1_048_576;
const MOST_MEMORY_BYTES = 2_000 * 1_048_576;

/** After this many crashes in a row before the prompt the board is switched off. */
const MOST_CRASHES = 5;
/** Who has left for good never asks for a draft. */
const MOST_DRAFTS = 8;
/** A board that resets itself before it has come to its prompt does so once in this time, in milliseconds. */
const RESET_PAUSE_MS = 500;
/** A third Ctrl-C that finds the first one not yet seen after this time, in milliseconds, resets the board. */
const STUCK_MS = 1_500;
const STUCK_INTERRUPTS = 3;

export interface BoardOptions {
  /** Host directory that is `/flash`; it must exist. */
  readonly flash: string;
  /** Host directory that is `/sd`; without one there is no `/sd`. */
  readonly sd?: string;
  /** The most that the Python heap may have, in bytes; 1 MiB to 2000 MiB, 64 MiB by default. */
  readonly memoryBytes?: number;
  /** The board's name: ends the banner and is `os.uname().machine`. One line. Default `Porthole with WebAssembly`. */
  readonly banner?: string;
  /**
   * What `network.telnet` and `network.ftp` call, by name: `telnet.start` and `ftp.start` (given `user`, `password`,
   * `timeout`, `host`, `port`, `allow_default_password`, `login_msg` or `buffsize`, as far as Python named them),
   * `pause` and `stop` (given `force`), `resume`, `status`, `stack`.
   */
  readonly hostMethods?: HostMethods;
}

/**
 * A board, as a REPL with one owner. It prints nothing before `resume()`; until then the newest 64 KiB of its output are
 * kept.
 */
export interface Board extends SwitchedRepl, AsyncDisposable {
  /**
   * Switches the board on: `boot.py`, `main.py`, then the prompt.
   *
   * @returns when the prompt is there, which a `main.py` may put off for ever.
   * @throws {@link PortholeError} `PORTHOLE_ERR_STATE` when it is on already.
   */
  start(): Promise<void>;
  /**
   * Switches the board on to run `boot.py` and one script instead of a prompt.
   *
   * @returns the script's exit code: that of `sys.exit()`, 1 after an error, 130 after Ctrl-C, else 0; then the board
   * is off.
   * @throws {@link PortholeError} `PORTHOLE_ERR_STATE` when it is on already.
   */
  runFile(script: BoardScript): Promise<number>;
  /** Ends what runs and starts the board anew, as Ctrl-D does; also when it is stuck. */
  softReset(): void;
  /** As the board's reset button. */
  hardReset(): void;
  /**
   * Settles when the board is switched off for good: with the exit code of {@link runFile}, 1 when it crashed again and
   * again before its prompt, else 0.
   */
  readonly ended: Promise<number>;
  /** Switches the board off, whatever it does. */
  close(): Promise<void>;
}

/** What a half-typed line is until the terminal that it was typed on has the board again. */
interface BoardDraft {
  readonly seat: number;
  readonly life: number;
  readonly ahead: Uint8Array;
  line?: ReplDraft;
}

/**
 * Makes a board; {@link Board.start} switches it on.
 *
 * @throws {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` for a wrong option.
 */
export function createBoard(options: BoardOptions): Board {
  return new NodeBoard(options);
}

class NodeBoard implements Board {
  readonly name = "MicroPython";
  readonly version = `v${MICROPYTHON_VERSION}`;
  readonly rawOutput = true;
  readonly runsElsewhere = true;
  readonly ended: Promise<number>;
  readonly #methods: HostMethods;
  readonly #banner: string;
  readonly #memoryBytes: number;
  readonly #mounts: Readonly<Record<string, string>>;
  readonly #uniqueId: string;
  #resolveEnded: (exitCode: number) => void = () => {};
  #resolvePrompt: () => void = () => {};
  #addresses: KnownAddresses | undefined;
  #thread: BoardThread | undefined;
  /** Counts resets. */
  #life = 0;
  #bornMs = 0;
  #crashes = 0;
  /** This life has come to its prompt. */
  #prompted = false;
  /** The output does not end in a new line. */
  #midLine = false;
  #seat = 0;
  #closed = false;
  #restart: NodeJS.Timeout | undefined;
  #screen: ReplScreen | undefined;
  /** Output from before the first `resume`; undefined afterwards. */
  #unseen: Uint8Array[] | undefined = [];
  #drafts: BoardDraft[] = [];
  /** Input from between two lives. */
  #early: Uint8Array[] = [];
  #interrupts = 0;
  #firstInterruptMs = 0;

  constructor(options: BoardOptions) {
    const { flash, sd, memoryBytes = BOARD_MEMORY_BYTES, banner = "Porthole with WebAssembly", hostMethods } = options;
    if (!(memoryBytes >= LEAST_MEMORY_BYTES && memoryBytes <= MOST_MEMORY_BYTES))
      throw argumentError(`memoryBytes is ${memoryBytes}; it must be 1 MiB to 2000 MiB`);
    if (!/^[\x20-\x7e]{1,80}$/.test(banner))
      throw argumentError("the banner must be one line of 1 to 80 ASCII characters");
    this.#mounts = { "/flash": directory("flash", flash), ...(sd === undefined ? {} : { "/sd": directory("sd", sd) }) };
    this.#memoryBytes = memoryBytes;
    this.#banner = banner;
    this.#methods = hostMethods ?? {};
    const identity = `${os.hostname()}\n${this.#mounts["/flash"]}`;
    this.#uniqueId = createHash("sha256").update(identity).digest("hex").slice(0, 12);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get busy(): boolean {
    return this.#thread?.running ?? false;
  }

  connect(screen: ReplScreen): void {
    this.#screen = screen;
  }

  start(): Promise<void> {
    this.#assertOff();
    return new Promise((resolve) => {
      this.#resolvePrompt = resolve;
      this.#boot("power", false);
    });
  }

  runFile(script: BoardScript): Promise<number> {
    this.#assertOff();
    this.#boot("power", false, script);
    return this.ended;
  }

  input(bytes: Uint8Array): undefined | Promise<void> {
    if (this.#thread === undefined) {
      // Between two lives: a moment, which few keys come in.
      if (!this.#closed && this.#early.length < 64) this.#early.push(bytes.slice());
      return undefined;
    }
    if (bytes.includes(3)) this.#countInterrupt();
    return this.#thread?.input(bytes);
  }

  interrupt(): void {
    this.#countInterrupt();
    this.#thread?.interrupt();
  }

  resize(_size: WindowSize): void {
    // MicroPython's line editor knows no width.
  }

  suspend(): Draft {
    if (this.#thread === undefined) return undefined;
    this.#seat++;
    const draft: BoardDraft = { seat: this.#seat, life: this.#life, ahead: this.#thread.suspend(this.#seat) };
    this.#drafts.push(draft);
    if (this.#drafts.length > MOST_DRAFTS) this.#drafts.shift();
    return draft;
  }

  resume(_seat: Seat, draft: Draft): void {
    const unseen = this.#unseen;
    this.#unseen = undefined;
    if (unseen !== undefined) {
      void this.#screen?.write(Buffer.concat(unseen));
      return;
    }
    const thread = this.#thread;
    if (thread === undefined) return; // a new life begins with its own prompt
    this.#seat++;
    const ours = draft as BoardDraft | undefined;
    this.#drafts = this.#drafts.filter((one) => one !== ours);
    thread.resume(this.#seat, ours?.line, ours?.life === this.#life ? ours.seat : undefined);
    if (ours !== undefined && ours.ahead.length > 0) void thread.input(ours.ahead);
  }

  softReset(): void {
    this.#reset("soft", false);
  }

  hardReset(): void {
    this.#reset("hard", false);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#restart);
    await this.#thread?.close();
    this.#thread = undefined;
    this.#resolveEnded(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertOff(): void {
    if (this.#closed || this.#life > 0)
      throw new PortholeError("PORTHOLE_ERR_STATE", "the board is on, or was switched off; create another one");
  }

  #boot(cause: ResetCause, raw: boolean, script?: BoardScript): void {
    const life = ++this.#life;
    this.#bornMs = performance.now();
    this.#prompted = false;
    this.#interrupts = 0;
    const settings = {
      module: interpreterModule(this.#memoryBytes),
      mounts: this.#mounts,
      banner: this.#banner,
      uniqueId: this.#uniqueId,
      frequencyHz: (os.cpus()[0]?.speed ?? 0) * 1_000_000,
      cause,
      raw,
      script,
      addresses: this.#addresses,
    };
    this.#thread = new BoardThread(settings, this.#seat, {
      output: (bytes) => this.#show(bytes),
      prompt: (addresses) => {
        this.#addresses = addresses;
        this.#prompted = true;
        this.#crashes = 0;
        this.#resolvePrompt();
      },
      draft: (seat, line) => {
        const draft = this.#drafts.find((one) => one.seat === seat);
        if (draft !== undefined) draft.line = line;
      },
      end: (how) => this.#lifeOver(life, how),
      call: (call) => answerHostCall(call, this.#methods),
    });
    for (const bytes of this.#early.splice(0)) void this.#thread.input(bytes);
  }

  #lifeOver(life: number, how: ThreadEnd): void {
    if (life !== this.#life || this.#closed) return;
    if (how.type === "reset") {
      this.#reset(how.kind, how.raw);
    } else if (how.type === "crashed") {
      this.#say(`\r\nMPY: the interpreter has crashed: ${how.text.split("\n", 1)[0]}\r\n`);
      if (!this.#prompted && ++this.#crashes >= MOST_CRASHES) {
        this.#turnOff(1);
        return;
      }
      this.#reset("hard", false);
    } else {
      this.#turnOff(how.exitCode);
    }
  }

  #turnOff(exitCode: number): void {
    this.#resolveEnded(exitCode);
    this.#screen?.exit();
    void this.close();
  }

  #reset(kind: "soft" | "hard", raw: boolean): void {
    const thread = this.#thread;
    if (thread === undefined || this.#closed) return;
    this.#thread = undefined;
    this.#say(`${this.#midLine ? "\r\n" : ""}MPY: ${kind} reboot\r\n`);
    // `machine.reset()` in boot.py would else start threads as fast as they can be started.
    const pause = this.#prompted ? 0 : Math.max(0, RESET_PAUSE_MS - (performance.now() - this.#bornMs));
    void thread.close().then(() => {
      if (this.#closed) return;
      this.#restart = setTimeout(() => this.#boot(kind, raw), pause);
    });
  }

  /** Who presses Ctrl-C again and again has a board that does not answer. */
  #countInterrupt(): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    const now = performance.now();
    if (!thread.interruptPending) {
      this.#interrupts = 0;
      this.#firstInterruptMs = now;
    }
    this.#interrupts++;
    if (this.#interrupts <= STUCK_INTERRUPTS || now - this.#firstInterruptMs < STUCK_MS) return;
    this.#say("\r\nMPY: the program does not answer Ctrl-C");
    this.hardReset();
  }

  #say(text: string): void {
    void this.#show(Buffer.from(text));
  }

  #show(bytes: Uint8Array): undefined | Promise<void> {
    this.#midLine = bytes.at(-1) !== 10;
    if (this.#unseen === undefined) return this.#screen?.write(bytes);
    this.#unseen.push(bytes);
    let total = this.#unseen.reduce((sum, chunk) => sum + chunk.length, 0);
    while (total > LIMITS.boardUnseenBytes.value && this.#unseen.length > 1) total -= this.#unseen.shift()?.length ?? 0;
    return undefined;
  }
}

function directory(name: string, value: string): string {
  let found: string;
  try {
    found = realpathSync(value);
    if (statSync(found).isDirectory()) return found;
  } catch (cause) {
    throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `${name}: ${value} can't be used; create the directory`, {
      cause,
    });
  }
  throw argumentError(`${name}: ${value} is not a directory`);
}

function argumentError(message: string): PortholeError {
  return new PortholeError("PORTHOLE_ERR_ARGUMENT", message);
}
