/**
 * `status()` as a read of shared memory: the tuple is made anew only when something in it has changed.
 *
 * @module
 */

import type { ControlBlock } from "./control-block.ts";

const READ_TRIES = 1_000;

/** Makes a reader that calls `make` when the state or the addresses are others than at the last call. */
export function createStatusReader<Status>(
  make: (state: number, dataState: number, addresses: readonly string[]) => Status,
): (block: ControlBlock | undefined, notStarted: number) => Status {
  let cached: Status | undefined;
  let cachedBlock: ControlBlock | undefined;
  let cachedState = 0;
  let cachedDataState = 0;
  let cachedVersion = 0;
  return function readStatus(block, notStarted) {
    const state = block?.state ?? notStarted;
    const dataState = block?.dataState ?? 0;
    const version = block?.addressesVersion ?? 0;
    if (
      cached !== undefined &&
      block === cachedBlock &&
      state === cachedState &&
      dataState === cachedDataState &&
      version === cachedVersion
    ) {
      return cached;
    }
    cachedBlock = block;
    cachedState = state;
    cachedDataState = dataState;
    const read = readAddresses(block);
    cachedVersion = read.version;
    cached = make(state, dataState, Object.freeze(read.addresses));
    return cached;
  };
}

function readAddresses(block: ControlBlock | undefined): {
  readonly version: number;
  readonly addresses: readonly string[];
} {
  for (let tries = 0; block !== undefined && tries < READ_TRIES; tries++) {
    const read = block.readAddresses();
    if (read !== undefined) return read;
  }
  return { version: 0, addresses: [] };
}
