/**
 * The way out to one terminal: new lines become CR LF, and what the terminal can't take yet waits, within a bound.
 *
 * @module
 */

import { LIMITS } from "../contracts/limits.ts";

const CR = 13;
const LF = 10;
const WRITE_BYTES = 65_536;

export interface Outlet {
  /**
   * Shows bytes, synchronously as long as the terminal takes them; they may be reused after the call.
   *
   * @returns undefined when more may come at once, else a promise to wait for; it never rejects.
   */
  write(bytes: Uint8Array, raw?: boolean): undefined | Promise<void>;
  /** Undefined when nothing waits, else a promise that settles when nothing does any more. */
  drained(): undefined | Promise<void>;
  /** Forgets what waits; nothing is shown afterwards. */
  close(): void;
}

/** Gives every bare line feed its carriage return, also when the two are cut apart. */
export function createNewlineMapper(): (bytes: Uint8Array) => Uint8Array {
  let previous = 0;
  return (bytes) => {
    let bare = 0;
    let before = previous;
    for (const byte of bytes) {
      if (byte === LF && before !== CR) bare += 1;
      before = byte;
    }
    const first = previous;
    previous = before;
    if (bare === 0) return bytes;
    const mapped = new Uint8Array(bytes.length + bare);
    let at = 0;
    before = first;
    for (const byte of bytes) {
      if (byte === LF && before !== CR) mapped[at++] = CR;
      mapped[at++] = byte;
      before = byte;
    }
    return mapped;
  };
}

/** Makes an outlet over a terminal's `write`; a terminal that throws or rejects counts as gone. */
export function createOutlet(target: (bytes: Uint8Array) => undefined | Promise<void>): Outlet {
  const mapNewlines = createNewlineMapper();
  let queue: Uint8Array[] = [];
  let head = 0;
  let queuedBytes = 0;
  let droppedBytes = 0;
  let closed = false;
  let waiting: Promise<void> | undefined;
  let settle: (() => void) | undefined;

  function close(): void {
    closed = true;
    queue = [];
    head = 0;
    queuedBytes = 0;
    settle?.();
  }

  /** The next bytes that wait, joined to a size that is worth a write. */
  function take(): Uint8Array | undefined {
    const first = queue[head];
    if (first === undefined) return undefined;
    const start = head;
    let size = 0;
    do {
      size += queue[head]?.length ?? 0;
      head += 1;
    } while (head < queue.length && size + (queue[head]?.length ?? 0) <= WRITE_BYTES);
    const joined = head - start === 1 ? first : new Uint8Array(size);
    if (joined !== first) {
      let at = 0;
      for (const part of queue.slice(start, head)) {
        joined.set(part, at);
        at += part.length;
      }
    }
    if (head === queue.length) {
      queue = [];
      head = 0;
    }
    queuedBytes -= size;
    return joined;
  }

  /** Undefined when the terminal has taken the bytes. */
  function hand(bytes: Uint8Array): Promise<void> | undefined {
    try {
      return target(bytes);
    } catch {
      close();
      return undefined;
    }
  }

  function flush(): void {
    while (!closed) {
      let next = take();
      if (next === undefined && droppedBytes > 0) {
        next = new TextEncoder().encode(`\r\n[${droppedBytes} bytes of output dropped: the terminal is too slow]\r\n`);
        droppedBytes = 0;
      }
      if (next === undefined) break;
      const wait = hand(next);
      if (wait !== undefined) {
        wait.then(flush, close);
        return;
      }
    }
    settle?.();
  }

  function waitFor(wait: Promise<void>): Promise<void> {
    const drained = new Promise<void>((resolve) => {
      settle = () => {
        settle = undefined;
        waiting = undefined;
        resolve();
      };
    });
    waiting = drained;
    wait.then(flush, close);
    return drained;
  }

  return {
    write(bytes, raw = false) {
      if (closed || bytes.length === 0) return undefined;
      const shown = raw ? bytes : mapNewlines(bytes);
      if (waiting !== undefined) {
        if (droppedBytes > 0 || queuedBytes + shown.length > LIMITS.consoleOutputQueueBytes.value) {
          droppedBytes += shown.length;
        } else {
          queue.push(shown === bytes ? Uint8Array.from(bytes) : shown);
          queuedBytes += shown.length;
        }
        return waiting;
      }
      const wait = hand(shown);
      return wait === undefined || closed ? undefined : waitFor(wait);
    },
    drained: () => waiting,
    close,
  };
}
