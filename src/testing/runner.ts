/**
 * What a suite of this kit wants of a test runner: Vitest, Jest and `node:test` with any `expect` have it.
 *
 * @module
 */

export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly expect: (value: unknown, message?: string) => Expectation;
}

/** The few matchers that the suites use. */
export interface Expectation {
  toBe(expected: unknown): unknown;
  toEqual(expected: unknown): unknown;
}
