/**
 * Keys and Ctrl-C on their way from a thread to the program, in the order in which they were typed.
 *
 * A Ctrl-C takes its time. Until it is decided the program does not see the keys behind it, or it would drop them with
 * those that came before. When it is decided, what was posted before it and has not been taken is stale: both sides
 * share a word with the number of the last such message.
 *
 * @module
 */

import { LIMITS } from "../contracts/limits.ts";
import type { KeySlot } from "./key-slot.ts";

const WINDOW_BYTES = LIMITS.taskInputBytes.value;
const NOW = Promise.resolve();

/** The word that a sender and its {@link KeyReceiver} share. */
export function createStaleMark(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

export interface KeySenderOptions {
  readonly staleMark: SharedArrayBuffer;
  /** Where a key goes that is typed while no others are under way; shared with the receiver. Default: no such place. */
  readonly slot?: KeySlot;
  /** Posts keys to the program; the message has this number. */
  post(bytes: Uint8Array, number: number, shownAt: number | undefined): void;
  /** Carries out a Ctrl-C; settles when it is decided, and never rejects. */
  interrupt(): Promise<void>;
}

/** The thread's end. */
export class KeySender {
  readonly #options: KeySenderOptions;
  readonly #stale: Int32Array<SharedArrayBuffer>;
  #posted = 0;
  #untakenBytes = 0;
  #held: Uint8Array[] = [];
  #holds = 0;
  /** What the last {@link hold} waits for. */
  #holding: Promise<void> | undefined;
  #interrupting = false;
  readonly #shown: { readonly bytes: Uint8Array; readonly number: number; readonly shownAt: number }[] = [];
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(options: KeySenderOptions) {
    this.#options = options;
    this.#stale = new Int32Array(options.staleMark);
  }

  /** The number of the last keys that are on their way. */
  get posted(): number {
    return this.#posted;
  }

  /** True when keys would go on their way at once. */
  get isFree(): boolean {
    return this.#holds === 0 && this.#untakenBytes < WINDOW_BYTES;
  }

  /** As of `ReplSession`: a promise while as many keys are under way as may be. */
  input(bytes: Uint8Array): undefined | Promise<void> {
    this.flush();
    if (bytes.length === 0 || this.#putInSlot(bytes)) return undefined;
    this.#untakenBytes += bytes.length;
    // A copy of its own: the caller's buffer may be a slice of a large one.
    const own = Uint8Array.from(bytes);
    if (this.#holds > 0) this.#held.push(own);
    else this.#post(own);
    if (this.#untakenBytes < WINDOW_BYTES) return undefined;
    this.#room ??= deferred();
    return this.#room.promise;
  }

  /**
   * Takes keys that the screen shows already; only while {@link isFree}. They go on their way at the end of this turn:
   * whoever typed them sees them first.
   *
   * @param shownAt - How much the program had written when they were shown.
   */
  inputShown(bytes: Uint8Array, shownAt: number): void {
    this.#posted = (this.#posted + 1) | 0;
    this.#shown.push({ bytes: Uint8Array.from(bytes), number: this.#posted, shownAt });
    if (this.#shown.length === 1) void NOW.then(this.#turnEnds);
  }

  /** Sends what is to go at the end of this turn. */
  flush(): void {
    for (const { bytes, number, shownAt } of this.#shown.splice(0)) {
      if (this.#untakenBytes === 0 && this.#options.slot?.put(bytes, number, shownAt) === true) continue;
      this.#untakenBytes += bytes.length;
      this.#options.post(bytes, number, shownAt);
    }
  }

  /** The program's answer: so many bytes are with its REPL, or were stale. */
  taken(bytes: number): void {
    this.#untakenBytes -= bytes;
    if (this.#untakenBytes < WINDOW_BYTES) this.#makeRoom();
  }

  /**
   * Drops what was typed ahead and not posted. A Ctrl-C that finds another one undecided is one with it; behind other
   * work that holds keys it has its turn when that is done.
   */
  interrupt(): void {
    this.flush();
    const dropped = this.#held.splice(0).reduce((sum, { length }) => sum + length, 0);
    if (dropped > 0) this.taken(dropped);
    if (this.#interrupting) return;
    this.#interrupting = true;
    const before = this.#holding;
    const interrupt = (): Promise<void> => this.#options.interrupt();
    void this.hold(() => (before === undefined ? interrupt() : before.then(interrupt))).then(() => {
      this.#interrupting = false;
    });
  }

  /** What is typed from now on waits until `work`, which never rejects, has settled. */
  async hold(work: () => Promise<void>): Promise<void> {
    this.#holds++;
    const holding = work();
    this.#holding = holding;
    await holding;
    if (this.#holding === holding) this.#holding = undefined;
    this.#holds--;
    if (this.#holds > 0) return;
    for (const bytes of this.#held.splice(0)) this.#post(bytes);
  }

  /** What was posted so far and has not been taken is not wanted any more. */
  markStale(): void {
    Atomics.store(this.#stale, 0, this.#posted);
  }

  /** Forgets what waits, and whoever waits for room. */
  close(): void {
    this.flush();
    this.#held = [];
    this.#makeRoom();
  }

  /** Only when all keys before have been taken, so that none is overtaken; it is not counted, being one key. */
  #putInSlot(bytes: Uint8Array): boolean {
    if (this.#holds > 0 || this.#untakenBytes > 0) return false;
    const number = (this.#posted + 1) | 0;
    if (this.#options.slot?.put(bytes, number) !== true) return false;
    this.#posted = number;
    return true;
  }

  #post(bytes: Uint8Array): void {
    this.#posted = (this.#posted + 1) | 0;
    this.#options.post(bytes, this.#posted, undefined);
  }

  readonly #turnEnds = (): void => this.flush();

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
