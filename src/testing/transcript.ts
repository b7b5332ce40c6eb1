/**
 * What was said, to look at and to compare.
 *
 * @module
 */

import { AssertionError } from "node:assert";

/** One line of a talk. */
export interface Said {
  /** Counts up from 1. */
  readonly connection: number;
  /** Who said it. */
  readonly from: "client" | "server";
  /** Without its line end; a password is `***`. */
  readonly line: string;
}

/** What client and server said, in order; prints as a talk, one line each. */
export class Transcript {
  readonly #entries: Said[] = [];
  readonly #watchers = new Set<() => void>();

  get entries(): readonly Said[] {
    return this.#entries;
  }

  /** Lines of the client, in order. */
  get commands(): readonly string[] {
    return this.#entries.filter(({ from }) => from === "client").map(({ line }) => line);
  }

  /** Adds a line and wakes who waits for it. */
  add(connection: number, from: "client" | "server", line: string): void {
    this.#entries.push({ connection, from, line });
    for (const look of [...this.#watchers]) look();
  }

  /**
   * Waits until the client has said a line that fits: this very text, or what the expression finds.
   *
   * Rejects after `timeoutMs`, default 5,000, with all that was said.
   */
  async said(wanted: string | RegExp, timeoutMs: number = 5_000): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.commands.find((line) => fits(line, wanted));
        if (found === undefined) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`the client did not say ${String(wanted)} within ${timeoutMs} ms:\n${this}`));
      }, timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  /**
   * Wants these lines of the client in this order; others may stand between.
   *
   * @throws an `AssertionError` that shows the whole transcript.
   */
  assertSaid(wanted: readonly (string | RegExp)[]): void {
    const lines = this.commands;
    let at = 0;
    for (const want of wanted) {
      while (at < lines.length && !fits(lines[at] ?? "", want)) at++;
      if (at === lines.length) {
        throw new AssertionError({
          message: `the client did not say ${String(want)} in its turn:\n${this}`,
          actual: lines,
          expected: wanted,
          operator: "assertSaid",
        });
      }
      at++;
    }
  }

  /** A line each: `<` from the client, `>` from the server, with the connection's number when there are several. */
  toString(): string {
    const several = this.#entries.some(({ connection }) => connection !== this.#entries[0]?.connection);
    return this.#entries
      .map(({ connection, from, line }) => `${several ? `${connection} ` : ""}${from === "client" ? "<" : ">"} ${line}`)
      .join("\n");
  }
}

function fits(line: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string"
    ? line === wanted
    : new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, "")).test(line);
}
