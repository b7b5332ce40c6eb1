const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Resolves when the process is told to end: by Ctrl-C, SIGTERM or SIGHUP. A second one, of any kind, ends it at once. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const told = (signal: NodeJS.Signals): void => {
      for (const one of SIGNALS) process.off(one, told);
      resolve(signal);
    };
    for (const signal of SIGNALS) process.on(signal, told);
  });
}
