/**
 * A small REPL for tests of servers: echoes keys, evaluates lines, knows a raw mode like MicroPython's, and remembers
 * what was done to it.
 *
 * @module
 */
import { PortholeError } from "../../src/contracts/errors.ts";
import type { LeaveReason, RemoteTerminal, ReplHost, ReplSession, WindowSize } from "../../src/contracts/repl.ts";

export interface LineRepl extends ReplHost {
  /** All keys that arrived, as bytes in hex would hide too much: one character a byte. */
  readonly keys: string;
  readonly interrupts: number;
  readonly closed: readonly LeaveReason[];
  readonly terminal: RemoteTerminal | undefined;
  /** Makes `input()` give promises that settle with {@link takeKeys}. */
  holdKeys(): void;
  takeKeys(): void;
  /** How many times `write` asked to wait. */
  readonly waits: number;
}

const encoder = new TextEncoder();

export function createLineRepl(): LineRepl {
  let keys = "";
  let interrupts = 0;
  let waits = 0;
  const closed: LeaveReason[] = [];
  let terminal: RemoteTerminal | undefined;
  let held = false;
  let release: (() => void)[] = [];
  let line: number[] = [];
  let raw = false;
  let spinning = false;

  function show(text: string): undefined | Promise<void> {
    const wait = terminal?.write(encoder.encode(text));
    if (wait !== undefined) waits++;
    return wait;
  }

  function print(text: string): void {
    void show(text);
  }

  async function flood(bytes: number): Promise<void> {
    for (let sent = 0; sent < bytes; ) {
      const text = `${String(sent).padStart(9, "0")}${"x".repeat(1013)}\r\n`.slice(0, bytes - sent);
      sent += text.length;
      await show(text);
      if (!spinning) break;
    }
    if (spinning) print("\r\n>>> ");
    spinning = false;
  }

  function run(text: string): void {
    const [word, argument = ""] = text.trim().split(/ (.*)/s);
    const sum = /^(\d+)\s*\+\s*(\d+)$/.exec(text.trim());
    if (sum !== null) print(`${Number(sum[1]) + Number(sum[2])}\r\n`);
    else if (word === "say") print(`${argument}\r\n`);
    else if (word === "size") print(`${terminal?.size.columns}x${terminal?.size.rows}\r\n`);
    else if (word === "type") print(`${terminal?.type}\r\n`);
    else if (word === "exit") {
      terminal?.end("exited");
      return;
    } else if (word === "spin") {
      spinning = true;
      return;
    } else if (word === "flood") {
      spinning = true;
      void flood(Number(argument));
      return;
    } else if (word !== "") print(`NameError: ${text}\r\n`);
    print(">>> ");
  }

  function key(octet: number): void {
    if (raw) {
      if (octet === 4) {
        const code = Buffer.from(line).toString();
        line = [];
        print(`OK${/^print\((\d+)\)/.exec(code)?.[1] ?? ""}\r\n\x04\x04>`);
      } else if (octet === 2) {
        raw = false;
        line = [];
        print("\r\n>>> ");
      } else line.push(octet);
    } else if (octet === 13) {
      const text = Buffer.from(line).toString();
      line = [];
      print("\r\n");
      run(text);
    } else if (octet === 127 || octet === 8) {
      if (line.pop() !== undefined) print("\b \b");
    } else if (octet === 1) {
      raw = true;
      line = [];
      print("raw REPL; CTRL-B to exit\r\n>");
    } else if (octet === 21) {
      print("\b \b".repeat(line.length));
      line = [];
    } else if (octet >= 32) {
      line.push(octet);
      void terminal?.write(Uint8Array.of(octet));
    }
  }

  return {
    name: "LineRepl",
    version: "v1.0",
    open(opened: RemoteTerminal): ReplSession {
      if (terminal !== undefined) throw new PortholeError("PORTHOLE_ERR_CONSOLE_BUSY", "the seat is taken");
      terminal = opened;
      line = [];
      raw = false;
      spinning = false;
      print(">>> ");
      const gone = () => {
        terminal = undefined;
        spinning = false;
        for (const settle of release) settle();
        release = [];
      };
      return {
        input(bytes) {
          keys += Buffer.from(bytes).toString("latin1");
          for (const octet of bytes) key(octet);
          return held ? new Promise<void>((settle) => release.push(settle)) : undefined;
        },
        resize(size: WindowSize) {
          if (!spinning && !raw) print(`[${size.columns}x${size.rows}]`);
        },
        interrupt() {
          interrupts++;
          spinning = false;
          line = [];
          if (!raw) print("\r\nKeyboardInterrupt\r\n>>> ");
        },
        close(reason) {
          closed.push(reason);
          gone();
        },
      };
    },
    get keys() {
      return keys;
    },
    get interrupts() {
      return interrupts;
    },
    get closed() {
      return closed;
    },
    get terminal() {
      return terminal;
    },
    get waits() {
      return waits;
    },
    holdKeys() {
      held = true;
    },
    takeKeys() {
      held = false;
      const settles = release;
      release = [];
      for (const settle of settles) settle();
    },
  };
}
