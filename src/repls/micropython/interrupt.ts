/**
 * Ctrl-C from outside: another thread writes into the interpreter's memory what its own interrupt routine would write,
 * so that the loop which runs there sees it at its next jump.
 *
 * @module
 */

/** Byte addresses in the interpreter's memory. They are the same in every thread that runs the same module. */
export interface InterruptAddresses {
  /** `mp_pending_exception`. */
  readonly pending: number;
  /** The KeyboardInterrupt object that is stored there. */
  readonly exception: number;
  /** `sched_state`, 16 bits: idle is 1, pending 0. */
  readonly scheduler: number;
  /** `mp_interrupt_char`: the byte that interrupts, -1 when none does. */
  readonly character: number;
}

const IDLE = 1;
const PENDING = 0;
/** Offset of the traceback in an exception object. */
const TRACEBACK = 8;

/** Raises and looks at interrupts; works in each thread that has the memory. */
export class Interrupts {
  readonly #words: Int32Array;
  readonly #halves: Int16Array;
  readonly #addresses: InterruptAddresses;

  constructor(memory: WebAssembly.Memory, addresses: InterruptAddresses) {
    this.#words = new Int32Array(memory.buffer);
    this.#halves = new Int16Array(memory.buffer);
    this.#addresses = addresses;
  }

  /** The byte that interrupts, as Python's `micropython.kbd_intr()` sets it; -1 when none does. */
  get character(): number {
    return Atomics.load(this.#words, this.#addresses.character >> 2);
  }

  set character(byte: number) {
    Atomics.store(this.#words, this.#addresses.character >> 2, byte);
  }

  /** True from {@link raise} until the interpreter has seen it. */
  get pending(): boolean {
    return Atomics.load(this.#words, this.#addresses.pending >> 2) !== 0;
  }

  raise(): void {
    // Else the tracebacks of all interrupts would pile up in the one object.
    Atomics.store(this.#words, (this.#addresses.exception + TRACEBACK) >> 2, 0);
    Atomics.store(this.#words, this.#addresses.pending >> 2, this.#addresses.exception);
    Atomics.compareExchange(this.#halves, this.#addresses.scheduler >> 1, IDLE, PENDING);
  }

  /** Takes an interrupt back that came too late; true when there was one. */
  withdraw(): boolean {
    return Atomics.exchange(this.#words, this.#addresses.pending >> 2, 0) !== 0;
  }
}
