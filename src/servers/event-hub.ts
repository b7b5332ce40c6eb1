/**
 * Typed events of a server.
 *
 * @module
 */

/**
 * Takes back a listener.
 *
 * @inline
 */
export type Unsubscribe = () => void;

export interface EventHub<Event extends { readonly type: string }> {
  /** Listens to one type of event, or with `"*"` to all of them. */
  on<Type extends Event["type"] | "*">(
    type: Type,
    listener: (event: Type extends "*" ? Event : Extract<Event, { readonly type: Type }>) => void,
  ): Unsubscribe;
  /**
   * Tells the listeners, in the order in which they came. A listener that throws does so on its own, as an uncaught
   * exception: it ends neither the session that the event is about nor the other listeners.
   */
  emit(event: Event): void;
}

export function createEventHub<Event extends { readonly type: string }>(): EventHub<Event> {
  /** Replaced when one comes or goes: an event is told to those that were there when it came. */
  let listeners: readonly { readonly type: string; readonly call: (event: never) => void }[] = [];
  return {
    on(type, listener) {
      const entry = { type, call: listener };
      listeners = [...listeners, entry];
      return () => {
        listeners = listeners.filter((other) => other !== entry);
      };
    },
    emit(event) {
      for (const { type, call } of listeners) {
        if (type !== "*" && type !== event.type) continue;
        try {
          call(event as never);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
