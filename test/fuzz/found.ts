/**
 * What a long run tells: where it is, and what it has found, as a transcript to start from.
 *
 * @module
 */
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What the bytes are for; `bytes`: neither. */
export type Talk = "telnet" | "ftp" | "bytes";

const PROGRESS_MS = 60_000;
const SHRINK_TRIES = 2_000;

/** Says how far a run is, once a minute and not before. Written at once, since a busy thread hands nothing on. */
export function createProgress(name: string): (text: () => string) => void {
  const beginMs = Date.now();
  let toldMs = beginMs;
  return (text) => {
    const now = Date.now();
    if (now - toldMs < PROGRESS_MS) return;
    toldMs = now;
    writeSync(1, `${name}: ${Math.round((now - beginMs) / PROGRESS_MS)} min, ${text()}\n`);
  };
}

/** Leaves out what is not needed for it to fail. */
export function shrink(input: Uint8Array, fails: (input: Uint8Array) => boolean): Uint8Array {
  let smallest = input;
  let tries = 0;
  for (let part = smallest.length >> 1; part >= 1; part >>= 1) {
    for (let at = 0; at < smallest.length && tries < SHRINK_TRIES; ) {
      const shorter = Uint8Array.from([...smallest.subarray(0, at), ...smallest.subarray(at + part)]);
      tries++;
      if (fails(shorter)) smallest = shorter;
      else at += part;
    }
  }
  return smallest;
}

/** The bytes as `test/transcripts/` has them; what is to come back is for a reader to add. */
function transcriptOf(talk: Talk, input: Uint8Array, comment: string): string {
  const head = `# ${comment.replaceAll("\n", " ")}\n`;
  const hex = [...input].map((octet) => octet.toString(16).toUpperCase().padStart(2, "0"));
  if (talk === "bytes") return `${head}${hex.join(" ")}\n`;
  const rows: string[] = [];
  if (talk === "telnet") {
    for (let at = 0; at < hex.length; at += 24) rows.push(`< ${hex.slice(at, at + 24).join(" ")}`);
  } else {
    for (let at = 0; at < input.length; at += 120) {
      const text = [...input.subarray(at, at + 120)]
        .map((octet, index) =>
          octet > 0x20 && octet < 0x7f && octet !== 0x5c ? String.fromCharCode(octet) : `\\x${hex[at + index]}`,
        )
        .join("");
      rows.push(`B: ${text}`);
    }
  }
  return `${head}${rows.join("\n")}\n`;
}

/** Writes what was found to `FUZZ_FOUND`; the file's name, or nothing when no such folder is told. */
export function keepFound(talk: Talk, seed: number, input: Uint8Array, error: unknown): string | undefined {
  const folder = process.env["FUZZ_FOUND"];
  if (folder === undefined) return undefined;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${seed}.${talk === "bytes" ? "hex" : talk}`);
  writeFileSync(file, transcriptOf(talk, input, `seed ${seed}: ${error instanceof Error ? error.message : error}`));
  return file;
}
