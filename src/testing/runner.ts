/**
 * What a suite of this kit wants of a test runner: Vitest, Jest and `node:test` with any `expect` have it.
 *
 * @module
 */

/** What a suite of this kit wants of a test runner: Vitest, Jest and `node:test` with any `expect` have it. */
export interface TestRunner {
  /** Groups tests. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Declares a test. */
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  /** Compares; the message says what was compared. */
  readonly expect: (value: unknown, message?: string) => Expectation;
}

/** The few matchers that the suites use. */
export interface Expectation {
  /** The same value, as of `Object.is`. */
  toBe(expected: unknown): unknown;
  /** Equal in depth. */
  toEqual(expected: unknown): unknown;
}
