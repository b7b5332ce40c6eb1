/**
 * Keys on their way to a prompt: UTF-8 put together, taken line by line, kept while a line runs.
 *
 * @module
 */

import { LIMITS } from "../contracts/limits.ts";

const INTERRUPT = "\x03";
const TURN_MS = 20;

export interface KeyTaker {
  /** Takes keys up to the end of a line, or a Ctrl-C alone. */
  take(keys: string): void;
  /** Stops what runs; called while the keys are held. */
  cancel(): void;
}

export interface KeyQueue {
  /** True while a line runs: keys wait, but for Ctrl-C. */
  readonly held: boolean;
  /** True while no keys wait. */
  readonly isEmpty: boolean;
  /**
   * Takes keys in order. A Ctrl-C among them that finds a line running, or keys waiting, stops the one and forgets the
   * others, as a terminal does; at an idle prompt it is a key.
   *
   * @returns undefined when more may come at once, else a promise to wait for.
   */
  input(bytes: Uint8Array): undefined | Promise<void>;
  interrupt(): void;
  /** Drops the keys that wait: they were typed ahead of a Ctrl-C that has stopped what runs in another way. */
  forget(): void;
  hold(): void;
  release(): void;
  /** Empties the queue, and gives what was in it; half a character is forgotten. */
  detach(): string;
  /** What {@link detach} gave, put before everything else. */
  attach(keys: string): void;
}

/** Where the first line of `text` ends: behind its CR, LF or CR LF, or at the end of the text. */
function lineEnd(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) return at + 1;
    if (code === 13) return text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1;
  }
  return text.length;
}

/** Makes a queue that hands its keys to `taker`; long pastes leave the event loop its turns. */
export function createKeyQueue(taker: KeyTaker): KeyQueue {
  let decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let isWhole = true; // no half of a character is in the decoder
  let waiting = "";
  let held = false;
  let pumping = false;
  let later: NodeJS.Immediate | undefined;
  let roomWanted: Promise<void> | undefined;
  let giveRoom: (() => void) | undefined;

  function settle(): void {
    if (giveRoom === undefined || waiting.length > LIMITS.consoleInputQueueBytes.value) return;
    const give = giveRoom;
    giveRoom = undefined;
    roomWanted = undefined;
    give();
  }

  function pump(): void {
    if (pumping) return;
    pumping = true;
    const until = performance.now() + TURN_MS;
    try {
      while (!held && waiting !== "" && later === undefined) {
        const end = lineEnd(waiting);
        const line = waiting.slice(0, end);
        waiting = waiting.slice(end);
        taker.take(line.endsWith("\r\n") ? line.slice(0, -1) : line);
        if (waiting !== "" && performance.now() >= until) {
          later = setImmediate(() => {
            later = undefined;
            pump();
          });
        }
      }
    } finally {
      pumping = false;
    }
    settle();
  }

  function forget(): void {
    waiting = "";
    if (later !== undefined) clearImmediate(later);
    later = undefined;
    settle();
  }

  function interrupt(): void {
    forget();
    if (held) taker.cancel();
    else if (pumping) waiting = INTERRUPT;
    else taker.take(INTERRUPT);
  }

  /** A letter, which somebody waits to see, takes the short way. */
  function decode(bytes: Uint8Array): string {
    const [octet] = bytes;
    if (bytes.length === 1 && isWhole && octet !== undefined && octet < 0x80) return String.fromCharCode(octet);
    const last = bytes.at(-1);
    if (last !== undefined) isWhole = last < 0x80;
    return decoder.decode(bytes, { stream: true });
  }

  function add(keys: string): void {
    waiting += keys;
    pump();
  }

  return {
    get held() {
      return held;
    },
    get isEmpty() {
      return waiting === "";
    },
    input(bytes) {
      const keys = decode(bytes);
      let from = 0;
      for (let at = keys.indexOf(INTERRUPT); at >= 0; at = keys.indexOf(INTERRUPT, from)) {
        add(keys.slice(from, at));
        interrupt();
        from = at + 1;
      }
      add(keys.slice(from));
      if (waiting.length <= LIMITS.consoleInputQueueBytes.value) return undefined;
      roomWanted ??= new Promise((resolve) => {
        giveRoom = resolve;
      });
      return roomWanted;
    },
    interrupt,
    forget,
    hold() {
      held = true;
    },
    release() {
      held = false;
      pump();
    },
    detach() {
      const rest = waiting;
      decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      isWhole = true;
      forget();
      return rest;
    },
    attach(keys) {
      waiting = keys + waiting;
      pump();
    },
  };
}
