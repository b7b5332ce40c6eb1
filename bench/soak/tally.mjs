// What was done, how often, and what went wrong.
const ERRORS_KEPT = 200;

export function createTally() {
  const begun = Date.now();
  const kinds = new Map();
  const errors = [];
  let errorCount = 0;
  const kindOf = (name) => {
    const kind = kinds.get(name) ?? { count: 0, cut: 0, bytes: 0, milliseconds: 0, most: 0, times: [] };
    kinds.set(name, kind);
    return kind;
  };
  const tally = {
    begun,
    errors,
    /** Set when the end was asked for: what breaks from then on is not told. */
    ending: false,
    get errorCount() {
      return errorCount;
    },
    problem(what) {
      errorCount++;
      const line = `${Math.round((Date.now() - begun) / 1000)} s: ${what}`;
      if (errors.length < ERRORS_KEPT) errors.push(line);
      console.error(`! ${line}`);
    },
    /** Something that has no duration. */
    count(name, bytes = 0) {
      const kind = kindOf(name);
      kind.count++;
      kind.bytes += bytes;
    },
    /** A duration whose median is wanted. */
    time(name, milliseconds) {
      const kind = kindOf(name);
      kind.count++;
      kind.times.push(milliseconds);
    },
    /**
     * Does something at a service. When it fails because the service was restarted meanwhile it was cut off, which is
     * what a restart does; else it is an error.
     *
     * @param work - Gives how many bytes it moved, or nothing.
     */
    async does(name, service, work) {
      const { restarts } = service;
      const kind = kindOf(name);
      const at = performance.now();
      try {
        kind.bytes += (await work()) ?? 0;
        kind.count++;
        const milliseconds = performance.now() - at;
        kind.milliseconds += milliseconds;
        kind.most = Math.max(kind.most, milliseconds);
        return true;
      } catch (error) {
        if (service.isRestarting || service.restarts !== restarts || tally.ending) kind.cut++;
        else tally.problem(`${name}: ${error.message}`);
        return false;
      }
    },
    /** Rows of [what, how many, cut off, a second, megabytes, milliseconds on average, most]. */
    rows(seconds) {
      return [...kinds]
        .filter(([, { times }]) => times.length === 0)
        .map(([name, { count, cut, bytes, milliseconds, most }]) => [
          name,
          count,
          cut,
          (count / seconds).toFixed(2),
          (bytes / 1e6).toFixed(0),
          milliseconds === 0 ? "" : (milliseconds / count).toFixed(0),
          milliseconds === 0 ? "" : most.toFixed(0),
        ]);
    },
    /** Rows of [what, how many, median, 99th of a hundred, most], in milliseconds. */
    timeRows() {
      return [...kinds]
        .filter(([, { times }]) => times.length > 0)
        .map(([name, { times }]) => {
          const sorted = times.toSorted((a, b) => a - b);
          const part = (share) => Math.round(sorted[Math.floor((sorted.length - 1) * share)]);
          return [name, times.length, part(0.5), part(0.99), part(1)];
        });
    },
    total: () => [...kinds.values()].reduce((sum, { count }) => sum + count, 0),
    bytes: () => [...kinds.values()].reduce((sum, { bytes }) => sum + bytes, 0),
  };
  return tally;
}

/** Numbers by chance that come again with the same seed. */
export function createChance(seed) {
  let state = seed >>> 0;
  const next = (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit;
  };
  return {
    /** From 0 to below `limit`, whole. */
    below: (limit) => Math.floor(next(limit)),
    between: (low, high) => low + next(high - low),
    pick: (list) => list[Math.floor(next(list.length))],
  };
}
