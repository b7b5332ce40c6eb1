/**
 * The few words of memory that the program, its telnet task and its console thread share: whose the prompt is, whether
 * the remote user is to be sent away, and who deals with an interrupt.
 *
 * @module
 */

const Word = {
  /** Counted up at each change of the owner: even local, odd remote. */
  OWNER: 0,
  /** Counted up when the local terminal sends the remote user away. */
  KICK: 1,
  /** Id of the thread that interrupts, 0 for none: one at a time. */
  LOCK: 2,
  NEXT_REQUEST: 3,
  /** The request that is open: the program's event loop and the asking thread both try to take it, one succeeds. */
  OPEN_REQUEST: 4,
  /** 1: see {@link ConsoleWords.runsElsewhere}. */
  RUNS_ELSEWHERE: 5,
} as const;

const WORDS = 8;

/** How the event loop and a thread agree on one interrupt. */
export class ConsoleWords {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  get remoteOwns(): boolean {
    return Atomics.load(this.#words, Word.OWNER) % 2 !== 0;
  }

  set remoteOwns(value: boolean) {
    if (value === this.remoteOwns) return;
    Atomics.add(this.#words, Word.OWNER, 1);
    Atomics.notify(this.#words, Word.OWNER);
  }

  /** Settles when the remote user of now has gone: at once when there is none, also when another one comes at once. */
  async remoteGone(): Promise<void> {
    const owner = Atomics.load(this.#words, Word.OWNER);
    if (owner % 2 === 0) return; // has left by themselves meanwhile
    const sleep = Atomics.waitAsync(this.#words, Word.OWNER, owner);
    if (sleep.async) await sleep.value;
  }

  /** True when what is typed runs in a thread of its own, so that the program's event loop answers sooner or later. */
  get runsElsewhere(): boolean {
    return Atomics.load(this.#words, Word.RUNS_ELSEWHERE) === 1;
  }

  set runsElsewhere(value: boolean) {
    Atomics.store(this.#words, Word.RUNS_ELSEWHERE, value ? 1 : 0);
  }

  /** Sends the remote user away, whatever the program is doing. */
  kick(): void {
    Atomics.add(this.#words, Word.KICK, 1);
    Atomics.notify(this.#words, Word.KICK);
  }

  /** Calls `onKick` at each kick from now on, for as long as the calling thread lives. */
  async watchKicks(onKick: () => void): Promise<never> {
    let seen = Atomics.load(this.#words, Word.KICK);
    for (;;) {
      const sleep = Atomics.waitAsync(this.#words, Word.KICK, seen);
      if (sleep.async) await sleep.value;
      const now = Atomics.load(this.#words, Word.KICK);
      if (now === seen) continue;
      seen = now;
      onKick();
    }
  }

  /** Takes the right to interrupt for thread `threadId`; false while a thread has it. */
  tryLock(threadId: number): boolean {
    return Atomics.compareExchange(this.#words, Word.LOCK, 0, threadId) === 0;
  }

  unlock(): void {
    Atomics.store(this.#words, Word.LOCK, 0);
  }

  /** For a thread that has ended: gives back what it had. */
  forget(threadId: number): void {
    Atomics.compareExchange(this.#words, Word.LOCK, threadId, 0);
  }

  /** Asking thread: opens a request; its number goes to the event loop in a message. */
  openRequest(): number {
    const request = Atomics.add(this.#words, Word.NEXT_REQUEST, 1) + 1;
    Atomics.store(this.#words, Word.OPEN_REQUEST, request);
    return request;
  }

  /** Takes a request that is still open: true for one caller only. Request 0 is never open. */
  takeRequest(request: number): boolean {
    return request !== 0 && Atomics.compareExchange(this.#words, Word.OPEN_REQUEST, request, 0) === request;
  }

  isOpen(request: number): boolean {
    return Atomics.load(this.#words, Word.OPEN_REQUEST) === request;
  }
}
