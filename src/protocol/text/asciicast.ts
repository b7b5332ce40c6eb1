/**
 * Recordings of terminal sessions in asciicast v2: one JSON value a line, a header and then events.
 *
 * @see https://docs.asciinema.org/manual/asciicast/v2/
 * @module
 */

/** The first line; `columns` and `rows` are the window's size when the recording begins. */
export function asciicastHeader(options: {
  readonly columns: number;
  readonly rows: number;
  readonly startMs: number;
  readonly title: string;
  readonly terminalType: string;
}): string {
  return `${JSON.stringify({
    version: 2,
    width: options.columns,
    height: options.rows,
    timestamp: Math.floor(options.startMs / 1000),
    title: options.title,
    env: { TERM: options.terminalType },
  })}\n`;
}

/** Turns bytes of one direction into text, a character that is cut in two whole again. */
export interface AsciicastTrack {
  /** One event line; undefined while the bytes do not yet make a character. */
  line(seconds: number, bytes: Uint8Array): string | undefined;
}

/** @param kind - `o` for output, `i` for input. */
export function createAsciicastTrack(kind: "o" | "i"): AsciicastTrack {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    line(seconds, bytes) {
      const text = decoder.decode(bytes, { stream: true });
      return text === "" ? undefined : event(seconds, kind, text);
    },
  };
}

/** The event of a resized window. */
export function asciicastResize(seconds: number, columns: number, rows: number): string {
  return event(seconds, "r", `${columns}x${rows}`);
}

function event(seconds: number, kind: string, data: string): string {
  return `${JSON.stringify([Math.round(seconds * 1e6) / 1e6, kind, data])}\n`;
}
