/** The TELNET engine of a server, and octets as a client sends them. */
import { Option } from "../../src/protocol/telnet/codes.ts";
import { createTelnetEngine, type TelnetEngine, type TelnetEvent } from "../../src/protocol/telnet/engine.ts";

/** A server's engine after a usual opening. */
export function openServer(options: { readonly us?: number[]; readonly him?: number[] } = {}): TelnetEngine {
  const engine = createTelnetEngine(options);
  engine.request("us", Option.ECHO, true);
  engine.request("us", Option.SGA, true);
  engine.request("him", Option.NAWS, true);
  engine.takeOutput();
  return engine;
}

/** Octets, and text as its UTF-8 bytes. */
export function bytes(...parts: (number | string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)),
  );
}

/** Events as plain objects, their data as bytes of their own, to be compared. */
export function told(events: readonly TelnetEvent[]): object[] {
  return events.map((event) => (event.type === "data" ? { type: "data", bytes: Uint8Array.from(event.bytes) } : event));
}

export function typed(events: readonly TelnetEvent[]): string {
  return new TextDecoder().decode(bytes(...events.map((event) => (event.type === "data" ? [...event.bytes] : []))));
}

export function sent(engine: TelnetEngine): number[] {
  return [...engine.takeOutput()];
}
