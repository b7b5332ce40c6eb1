/**
 * What a user was shown, and on request what the user typed, as an asciicast v2 file.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { LIMITS } from "../../contracts/limits.ts";
import type { WindowSize } from "../../contracts/repl.ts";
import { LogFile } from "../../owner-files/log-file.ts";
import { asciicastHeader, asciicastResize, createAsciicastTrack } from "../../protocol/text/asciicast.ts";

/** Where recordings go, and what is in them. */
export interface RecordSettings {
  readonly directory: string;
  /** Keys too. */
  readonly input: boolean;
}

export interface RecordingOptions extends RecordSettings {
  readonly user: string;
  readonly size: WindowSize;
  readonly terminalType: string;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody can set. */
  readonly elapsedMs: () => number;
  readonly onTrouble: (message: string) => void;
}

export interface Recording {
  readonly path: string;
  output(bytes: Uint8Array): void;
  input(bytes: Uint8Array): void;
  resize(size: WindowSize): void;
  /** Settles when all is written. Never rejects. */
  close(): Promise<void>;
}

/** Begins a recording; the file comes to be meanwhile, and nothing is lost until then. */
export function startRecording(options: RecordingOptions): Recording {
  const { now, elapsedMs, onTrouble, size } = options;
  const startMs = now();
  const time = new Date(startMs).toISOString().replace(/[:.]/g, "-");
  const user = options.user.replace(/[^\w-]/g, "_").slice(0, 32);
  const path = join(options.directory, `${time}-${user}-${randomBytes(3).toString("hex")}.cast`);
  const output = createAsciicastTrack("o");
  const input = createAsciicastTrack("i");
  const beganMs = elapsedMs();
  const seconds = () => (elapsedMs() - beganMs) / 1000;
  let early: string[] | undefined = [];
  let file: LogFile | undefined;
  let bytes = 0;

  const write = (line: string | undefined): void => {
    if (line === undefined || bytes > LIMITS.recordingBytes.value) return;
    bytes += line.length;
    if (bytes > LIMITS.recordingBytes.value) onTrouble(`the recording ${path} ends: it is as long as it may be`);
    else if (file !== undefined) file.write(line);
    else early?.push(line);
  };
  const opened = LogFile.open(path, { onTrouble, isNew: true }).then(
    (opening) => {
      file = opening;
      for (const line of early ?? []) file.write(line);
      early = undefined;
    },
    (error: Error) => {
      early = undefined;
      onTrouble(error.message);
    },
  );
  write(
    asciicastHeader({
      columns: size.columns,
      rows: size.rows,
      startMs,
      title: options.title,
      terminalType: options.terminalType,
    }),
  );
  return {
    path,
    output: (shown) => write(output.line(seconds(), shown)),
    input: (keys) => {
      if (options.input) write(input.line(seconds(), keys));
    },
    resize: ({ columns, rows }) => write(asciicastResize(seconds(), columns, rows)),
    async close() {
      await opened;
      await file?.close();
    },
  };
}

/** All recordings of a server. */
export class Recordings {
  readonly #open: Set<Recording> = new Set();

  /** Begins one; undefined without settings. */
  start(
    record: RecordSettings | undefined,
    options: Omit<RecordingOptions, keyof RecordSettings>,
  ): Recording | undefined {
    if (record === undefined) return undefined;
    const recording = startRecording({ ...record, ...options });
    this.#open.add(recording);
    return { ...recording, close: () => recording.close().finally(() => this.#open.delete(recording)) };
  }

  /** Settles when all of them are written. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((recording) => recording.close()));
  }
}
