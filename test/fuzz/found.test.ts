import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { parseTranscript } from "../transcripts/ftp-transcript.ts";
import { readTranscript } from "../transcripts/telnet-transcript.ts";
import { keepFound, shrink } from "./found.ts";

const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 7) & 255);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "porthole-found-"));
  vi.stubEnv("FUZZ_FOUND", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it("what is found is a transcript of the same bytes", () => {
  const telnet = keepFound("telnet", 5, bytes, new Error("two\nlines")) ?? "";
  expect(Uint8Array.from(readTranscript(telnet).blocks.flatMap(({ received }) => received))).toEqual(bytes);
  const ftp = keepFound("ftp", 6, bytes, "x") ?? "";
  expect(
    Uint8Array.from(parseTranscript(readFileSync(ftp, "utf8")).exchanges.flatMap((exchange) => [...exchange.bytes])),
  ).toEqual(bytes);
});

it("what is found is made as short as it gets", () => {
  const fails = (input: Uint8Array) => Buffer.from(input).includes(Buffer.of(70, 77)) && input.includes(7);
  expect(shrink(bytes, fails)).toEqual(Uint8Array.of(7, 70, 77));
});
