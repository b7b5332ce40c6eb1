/**
 * The thread that helps to read large directories, and has those that would make their reader wait. There is one at
 * most, made when it is first wanted, and ended when nobody has wanted it for a while.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import type { DirectoryPage } from "../../../native/directory-page.ts";
import { type HelperThread, startHelperThread } from "../../../native/helper-thread.ts";
import { Claim, LEAVE, type ScanOrder, type ScanTiding } from "./messages.ts";

const IDLE_MS = 30_000;
/** After so many threads that ended unasked there is no further one. */
const MOST_FAILURES = 3;
const ENTRY = new URL("./scanner-entry.js", import.meta.url);

/**
 * The count of a page that was read, as of `DirectoryScan`, or the error that has ended the thread meanwhile: the page is
 * lost. Undefined: the thread has ended, but nothing was read.
 */
export type ScanOutcome = number | Error | undefined;

interface Order {
  readonly page: DirectoryPage;
  readonly told: (outcome: ScanOutcome) => void;
}

/** True: the thread has not begun with the page that it was asked for, and never will. */
export function withdraw({ claim }: DirectoryPage): boolean {
  return Atomics.compareExchange(claim, 0, Claim.open, Claim.withdrawn) === Claim.open;
}

export class ScanningThread {
  /** Settles when the thread takes orders, or never will. */
  readonly begun: Promise<void>;
  #begin: () => void = () => undefined;
  #state: "starting" | "running" | "over" = "starting";
  readonly #thread: HelperThread<ScanOrder | typeof LEAVE> | undefined;
  readonly #orders = new Map<number, Order>();
  #lastId = 0;
  #idle: NodeJS.Timeout | undefined;
  readonly #failed: () => void;

  /** @param failed - It has ended unasked, or there is none to be had. */
  constructor(failed: () => void) {
    this.#failed = failed;
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.#thread = startHelperThread<ScanOrder | typeof LEAVE, ScanTiding>(
      "scanner",
      ENTRY,
      (tiding) => this.#told(tiding),
      (error) => this.#ended(error),
    );
    if (this.#thread === undefined) this.#ended(undefined);
    this.#thread?.hold(true);
  }

  /** It takes orders. */
  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** It takes none, and never will. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /** @param told - Is called once, later, unless the page is withdrawn. */
  order(directory: number, page: DirectoryPage, told: Order["told"]): void {
    clearTimeout(this.#idle);
    const id = ++this.#lastId;
    page.claim[0] = Claim.open;
    this.#orders.set(id, { page, told });
    if (this.#orders.size === 1) this.#thread?.hold(true);
    this.#thread?.post({ id, directory, page: page.memory });
  }

  #told(tiding: ScanTiding): void {
    if (tiding === "ready") {
      this.#state = "running";
      this.#begin();
    } else {
      const order = this.#orders.get(tiding.id);
      this.#orders.delete(tiding.id);
      if (tiding.count !== undefined) order?.told(tiding.count);
    }
    if (this.#orders.size === 0) this.#rest();
  }

  #rest(): void {
    this.#thread?.hold(false);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#state = "over";
      this.#thread?.post(LEAVE);
    }, IDLE_MS).unref();
  }

  #ended(error: Error | undefined): void {
    clearTimeout(this.#idle);
    if (!this.isOver) this.#failed();
    this.#state = "over";
    this.#begin();
    const lost = error ?? new Error("a thread that reads directories has ended");
    for (const { page, told } of this.#orders.values()) {
      if (withdraw(page)) told(undefined);
      else if (page.claim[0] === Claim.taken) told(lost);
    }
    this.#orders.clear();
  }
}

let current: ScanningThread | undefined;
let failures = 0;

/** Starts it unless it is there. Undefined: there is none to be had, or nothing to be gained by it. */
export function scanningThread(): ScanningThread | undefined {
  if (current !== undefined && !current.isOver) return current;
  if (availableParallelism() < 2 || failures >= MOST_FAILURES) return undefined;
  current = new ScanningThread(() => failures++);
  return current.isOver ? undefined : current;
}

/** The thread, where it takes orders already. */
export function runningScanningThread(): ScanningThread | undefined {
  return current?.isRunning ? current : undefined;
}
