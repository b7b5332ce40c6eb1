/**
 * One life of a board, from a reset to the next: a thread, its input and its output.
 *
 * @module
 */

import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { Control, Slot } from "./control.ts";
import type { HostCall, HostReply } from "./host-call.ts";
import { Interrupts } from "./interrupt.ts";
import type { BoardCommand, BoardMessage, BoardThreadData, KnownAddresses } from "./messages.ts";
import type { ReplDraft } from "./repl-driver.ts";

/** A Ctrl-C that came before the program which it is for: how often to look for it, in milliseconds. */
const LATE_INTERRUPT_MS = 10;
const CTRL_C = 3;
/** JavaScript memory of the thread; Python's is apart. */
const LIMITS = { maxOldGenerationSizeMb: 256, stackSizeMb: 4 };

export interface BoardThreadEvents {
  /** The bytes belong to the receiver. A promise stops the output until it settles. */
  output(bytes: Uint8Array): undefined | Promise<void>;
  /** Once for each life: the REPL is there. */
  prompt(addresses: KnownAddresses): void;
  draft(seat: number, draft: ReplDraft): void;
  /** The thread waits to be closed. */
  end(how: ThreadEnd): void;
  call(call: HostCall): Promise<HostReply>;
}

export type ThreadEnd =
  | { readonly type: "reset"; readonly kind: "soft" | "hard"; readonly raw: boolean }
  | { readonly type: "ended"; readonly exitCode: number }
  | { readonly type: "crashed"; readonly text: string };

type Settings = Omit<BoardThreadData, "control" | "commands" | "calls">;

export class BoardThread {
  readonly #control: Control;
  readonly #worker: Worker;
  readonly #commands: MessagePort;
  readonly #calls: MessagePort;
  readonly #events: BoardThreadEvents;
  #interrupts: Interrupts | undefined;
  /** The receiver of output has asked to wait. */
  #held = false;
  #over = false;
  #end: ThreadEnd | undefined;
  #lateInterrupt: NodeJS.Timeout | undefined;
  /** Input that found no room yet, and who waits for it. */
  #backlog: { readonly bytes: Uint8Array; readonly taken: () => void }[] = [];

  constructor(settings: Settings, seat: number, events: BoardThreadEvents) {
    this.#events = events;
    const block = Control.allocate();
    this.#control = new Control(block);
    this.#control.words[Slot.seat] = seat;
    const commands = new MessageChannel();
    const calls = new MessageChannel();
    this.#commands = commands.port1;
    this.#calls = calls.port1;
    const data: BoardThreadData = { ...settings, control: block, commands: commands.port2, calls: calls.port2 };
    this.#worker = new Worker(new URL("./board-entry.js", import.meta.url), {
      name: "board",
      workerData: data,
      transferList: [commands.port2, calls.port2],
      argv: [],
      execArgv: [],
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: LIMITS,
    });
    // The glue reports on these when memory can't grow; Python says so itself.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on("message", (message: BoardMessage) => this.#receive(message));
    this.#worker.on("error", (error) => this.#finish({ type: "crashed", text: error.message }));
    this.#worker.on("exit", () => this.#finish({ type: "crashed", text: "the thread has ended" }));
    this.#calls.on("message", (call: HostCall) => void this.#answer(call));
  }

  /** True while Python code runs. */
  get running(): boolean {
    return Atomics.load(this.#control.words, Slot.running) === 1;
  }

  /** True from an interrupt until the interpreter has seen it. */
  get interruptPending(): boolean {
    return this.#interrupts?.pending ?? false;
  }

  input(bytes: Uint8Array): undefined | Promise<void> {
    const interrupt = this.#interruptIn(bytes);
    if (interrupt >= 0) {
      // It goes ahead of everything, and what was typed before it is dropped, as on every terminal.
      this.#dropInput();
      this.#interrupts?.raise();
      this.#control.wake();
    }
    const rest = bytes.subarray(interrupt + 1);
    if (rest.length === 0) return undefined;
    if (rest.includes(CTRL_C)) this.#watchForLateInterrupt();
    if (this.#backlog.length === 0) {
      const count = this.#write(rest);
      if (count === rest.length) return undefined;
      return this.#wait(rest.slice(count));
    }
    return this.#wait(rest.slice());
  }

  /** Interrupts whatever runs, also a program that has switched Ctrl-C off. */
  interrupt(): void {
    if (this.running && this.#interrupts !== undefined) {
      this.#dropInput();
      this.#interrupts.raise();
      this.#control.wake();
    } else {
      void this.input(Uint8Array.of(CTRL_C));
    }
  }

  /** Takes the REPL from its terminal; gives what was typed and not yet taken. */
  suspend(seat: number): Uint8Array {
    const ahead = [this.#control.input.takeAll(), ...this.#backlog.map(({ bytes }) => bytes)];
    for (const { taken } of this.#backlog.splice(0)) taken();
    this.#send({ type: "suspend", seat });
    // Whoever wanted to wait may be gone; the output goes to another terminal now.
    this.#held = false;
    this.#drain();
    return Buffer.concat(ahead);
  }

  resume(seat: number, draft: ReplDraft | undefined, draftOf: number | undefined): void {
    this.#send({ type: "resume", seat, draft, draftOf });
  }

  /** Ends the thread at once, whatever it does. What it has said before is still given out. */
  async close(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#lateInterrupt);
    for (const { taken } of this.#backlog.splice(0)) taken();
    this.#commands.close();
    this.#calls.close();
    await this.#worker.terminate();
  }

  #send(command: BoardCommand): void {
    this.#commands.postMessage(command);
    Atomics.store(this.#control.words, Slot.seat, command.seat);
    Atomics.add(this.#control.words, Slot.commands, 1);
    this.#note();
  }

  /** Lets the board look at its input: it may wait for it in a call, or in its event loop. */
  #note(): void {
    this.#control.wake();
    if (this.#control.raise(Slot.inputNoted)) this.#worker.postMessage("input");
  }

  #write(bytes: Uint8Array): number {
    const count = this.#control.input.write(bytes);
    if (count < bytes.length) Atomics.store(this.#control.words, Slot.roomWanted, 1);
    this.#note();
    return count;
  }

  #wait(bytes: Uint8Array): Promise<void> {
    return new Promise((taken) => {
      this.#backlog.push({ bytes, taken });
      // The board may have made room just before it could see that some is wanted.
      if (this.#control.input.used() <= this.#control.input.size / 2) this.#feed();
    });
  }

  #feed(): void {
    for (let first = this.#backlog[0]; first !== undefined; first = this.#backlog[0]) {
      const count = this.#write(first.bytes);
      if (count < first.bytes.length) {
        this.#backlog[0] = { ...first, bytes: first.bytes.subarray(count) };
        return;
      }
      this.#backlog.shift();
      first.taken();
    }
  }

  /** Where in the bytes the last one is that interrupts what runs, or -1. */
  #interruptIn(bytes: Uint8Array): number {
    const character = this.#interrupts?.character ?? -1;
    return character < 0 || !this.running ? -1 : bytes.lastIndexOf(character);
  }

  #dropInput(): void {
    this.#control.input.takeAll();
    for (const { taken } of this.#backlog.splice(0)) taken();
  }

  /**
   * `main()` and Ctrl-C may come in one piece, so that the board takes the Ctrl-C for a key that comes after the
   * program. When the program then runs, it is meant for it.
   */
  #watchForLateInterrupt(): void {
    if (this.#lateInterrupt !== undefined) return;
    const look = (): void => {
      this.#lateInterrupt = undefined;
      const { input } = this.#control;
      if (this.#over || input.used() === 0) return;
      if (this.running && this.#interrupts?.character === CTRL_C) {
        if (input.takeAll(CTRL_C).length === 0) return;
        this.#interrupts.raise();
        this.#control.wake();
        return;
      }
      this.#lateInterrupt = setTimeout(look, LATE_INTERRUPT_MS);
    };
    this.#lateInterrupt = setTimeout(look, LATE_INTERRUPT_MS);
  }

  #receive(message: BoardMessage): void {
    switch (message.type) {
      case "started":
        this.#interrupts = new Interrupts(message.memory, message.addresses);
        return;
      case "prompt":
        this.#events.prompt(message.addresses);
        return;
      case "output":
        this.#control.lower(Slot.outputNoted);
        this.#drain();
        return;
      case "room":
        this.#feed();
        return;
      case "draft":
        this.#events.draft(message.seat, message.draft);
        return;
      default:
        this.#finish(message);
    }
  }

  #drain(): void {
    while (!this.#held) {
      const bytes = this.#control.output.takeAll();
      if (bytes.length === 0) break;
      this.#control.wake();
      const wait = this.#events.output(bytes);
      if (wait === undefined) continue;
      this.#held = true;
      const go = (): void => {
        this.#held = false;
        this.#drain();
      };
      wait.then(go, go);
    }
    if (!this.#held && this.#end !== undefined && !this.#over) {
      this.#over = true;
      this.#events.end(this.#end);
    }
  }

  /** Tells the end after all output is given out. */
  #finish(end: ThreadEnd): void {
    if (this.#over || this.#end !== undefined) return;
    this.#end = end;
    this.#drain();
  }

  async #answer(call: HostCall): Promise<void> {
    const reply = await this.#events.call(call);
    if (this.#over) return;
    this.#calls.postMessage(reply);
    this.#control.wake();
  }
}
