/**
 * How long to go on: `FUZZ_RUNS`, `FUZZ_MINUTES` and `FUZZ_SEED`, as `npm run fuzz` sets them.
 *
 * @module
 */

export interface Budget {
  readonly runs: number;
  /** Milliseconds since 1970. */
  readonly endMs: number;
  readonly seed: number;
  /** Look which parts of the code run: for long runs. */
  readonly guided: boolean;
}

/** @param runs - When nothing is said: as many, and the same ones each time. */
export function budget(runs: number): Budget {
  const { FUZZ_RUNS, FUZZ_MINUTES, FUZZ_SEED } = process.env;
  const asked = FUZZ_RUNS !== undefined || FUZZ_MINUTES !== undefined;
  return {
    runs: FUZZ_RUNS === undefined ? (asked ? Number.POSITIVE_INFINITY : runs) : Number(FUZZ_RUNS),
    endMs: FUZZ_MINUTES === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(FUZZ_MINUTES) * 60_000,
    seed: Number(FUZZ_SEED ?? 1),
    guided: asked,
  };
}

/** Bytes as a transcript can hold them. */
export function describeInput(input: Uint8Array): string {
  return `${input.length} bytes ${Buffer.from(input).toString("hex")}`;
}
