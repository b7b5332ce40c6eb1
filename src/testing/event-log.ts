/**
 * The events of a server, kept, and waited for.
 *
 * @module
 */

/** The events of a server, kept in order, to look at and to wait for. */
export interface EventLog<Event extends { readonly type: string }> {
  /** All of them so far, in order. */
  readonly all: readonly Event[];
  /** The types, in order. */
  readonly types: readonly string[];
  /**
   * The first event of a type, now or later.
   *
   * Rejects after `timeoutMs`, default 5,000, and names what came instead.
   */
  event<Type extends Event["type"]>(type: Type, timeoutMs?: number): Promise<Extract<Event, { readonly type: Type }>>;
}

export function logEvents<Event extends { readonly type: string }>(
  on: (type: "*", listener: (event: Event) => void) => unknown,
): EventLog<Event> {
  const all: Event[] = [];
  const watchers = new Set<() => void>();
  on("*", (event) => {
    all.push(event);
    for (const look of [...watchers]) look();
  });
  return {
    all,
    get types() {
      return all.map(({ type }) => type);
    },
    event(type, timeoutMs = 5_000) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = all.find((event) => event.type === type);
          if (found === undefined) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(found as never);
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(
            new Error(`no event ${type} within ${timeoutMs} ms, but ${all.map((event) => event.type).join(", ")}`),
          );
        }, timeoutMs);
        watchers.add(look);
        look();
      });
    },
  };
}
