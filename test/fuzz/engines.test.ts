/**
 * The pure engines under mutated talks of recorded clients. In CI a fixed number of runs; `npm run fuzz` goes on for as
 * long as it is told, and keeps inputs that run a new part of the code.
 */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import type { FtpAction, FtpOutcome } from "../../src/protocol/ftp/actions.ts";
import { createFtpEngine, type FtpEngine } from "../../src/protocol/ftp/engine.ts";
import { parseProxyHeader } from "../../src/protocol/proxy/header.ts";
import { Option } from "../../src/protocol/telnet/codes.ts";
import { createTelnetEngine } from "../../src/protocol/telnet/engine.ts";
import { foreignProtocol } from "../../src/protocol/text/foreign.ts";
import { parsePath } from "../../src/protocol/text/path.ts";
import { EditableLine } from "../../src/servers/telnet/editable-line.ts";
import { LoginDialogue } from "../../src/servers/telnet/login.ts";
import { accountOf } from "../transcripts/ftp-transcript.ts";
import { budget, describeInput } from "./budget.ts";
import { ftpCorpus, headerCorpus, telnetCorpus } from "./corpus.ts";
import { startCoverage } from "./coverage.ts";
import { createProgress, keepFound, shrink, type Talk } from "./found.ts";
import { createRandom, cut, mutate, type Random } from "./random.ts";

/** As `expect`, but fast. */
function hold(right: boolean, what: string): void {
  if (!right) throw new Error(what);
}

function failureOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error ?? new Error("nothing was thrown");
  }
}

/** Runs `target` over mutations of a corpus; what it throws is told with seed and input. */
function fuzz(
  name: string,
  talk: Talk,
  corpus: readonly Uint8Array[],
  target: (input: Uint8Array, random: Random) => void,
): number {
  const kept = [...corpus];
  const { runs, endMs, seed: first, guided } = budget(2_000);
  const coverage = guided ? startCoverage("/src/") : undefined;
  const progress = createProgress(name);
  let count = 0;
  let batch: Uint8Array[] = [];
  for (; count < runs && Date.now() < endMs; count++) {
    const seed = (first + count) >>> 0;
    const random = createRandom(seed);
    const input = count < corpus.length ? (corpus[count] as Uint8Array) : mutate(random.pick(kept), kept, random);
    const fails = (given: Uint8Array) => failureOf(() => target(given, createRandom(seed)));
    const cause = fails(input);
    if (cause !== undefined) {
      const file = keepFound(talk, seed, guided ? shrink(input, (given) => fails(given) !== undefined) : input, cause);
      throw new Error(`seed ${seed}${file === undefined ? "" : `, ${file}`}: ${describeInput(input)}`, { cause });
    }
    progress(() => `${count} runs, ${coverage?.parts ?? 0} parts of the code`);
    batch.push(input);
    if (batch.length === 100) {
      // Which of them it was, nobody needs to know: all are kept, and a bad guess costs little.
      if (coverage?.grew() === true) kept.push(...batch.slice(-8));
      if (kept.length > 5_000) kept.splice(corpus.length, 1_000);
      batch = [];
    }
  }
  if (coverage !== undefined) console.log(`${name}: ${count} runs, ${coverage.parts} parts of the code`);
  coverage?.close();
  return count;
}

describe("no bytes make it throw, hold more than its limits or say what it was not asked", () => {
  it("the TELNET engine", { timeout: 0 }, () => {
    const runs = fuzz("TELNET engine", "telnet", telnetCorpus, (input, random) => {
      const engine = createTelnetEngine({
        us: [Option.BINARY, Option.ECHO, Option.SGA, Option.STATUS, Option.TIMING_MARK, Option.CHARSET],
        him: [Option.BINARY, Option.SGA, Option.TTYPE, Option.NAWS, Option.CHARSET],
      });
      if (random.next(2) === 0) engine.request("us", Option.ECHO, true);
      if (random.next(2) === 0) engine.request("him", Option.NAWS, true);
      let dataBytes = 0;
      for (const piece of cut(input, random)) {
        for (const event of engine.receive(piece)) {
          if (event.type === "data") dataBytes += event.bytes.length;
          if (event.type === "window") hold(Math.min(event.columns, event.rows) > 0, "an empty window");
        }
        if (random.next(4) === 0) {
          hold(
            engine.takeOutput().length <= LIMITS.telnetOptionReplies.value * 3 + 8 * input.length,
            "too much is owed",
          );
        }
      }
      hold(dataBytes <= input.length + 16, "more keys than bytes");
    });
    expect(runs).toBeGreaterThan(0);
  });

  it("the FTP engine", { timeout: 0 }, () => {
    const runs = fuzz("FTP engine", "ftp", ftpCorpus, (input, random) => {
      const tls = random.pick(["off", "available", "required"] as const);
      const engine = createFtpEngine({
        peer: { address: "127.0.0.1", port: 40_000 },
        nowMs: 0,
        active: random.next(2) === 0,
        tls,
        secure: tls !== "off" && random.next(2) === 0,
        deviceLimits: random.next(8) === 0,
      });
      const owed = new FtpShell(engine, random);
      if (random.next(4) > 0) owed.receive(new TextEncoder().encode("USER micro\r\nPASS python\r\n"));
      for (const piece of cut(input, random)) owed.receive(piece);
      owed.finish();
    });
    expect(runs).toBeGreaterThan(0);
  });

  it("what reads headers, paths and lines", { timeout: 0 }, () => {
    const runs = fuzz(
      "headers, paths and lines",
      "bytes",
      [...headerCorpus, ...ftpCorpus.slice(0, 4)],
      (input, random) => {
        const header = parseProxyHeader(input);
        if (header.type === "header") hold(header.bytes <= input.length, "a header that is longer than its bytes");
        if (header.type === "more") hold(input.length < 2_100, "a header without an end");
        foreignProtocol(input);
        const path = parsePath(Buffer.from(input).toString("latin1"));
        if (path !== undefined) {
          hold(path.startsWith("/") && !path.split("/").includes(".."), `a path that leads out: ${path}`);
        }
        const line = new EditableLine(LIMITS.telnetLoginLineBytes.value);
        for (const octet of input) {
          const event = line.key(octet);
          if (event?.type === "line")
            hold(Buffer.byteLength(event.text) <= LIMITS.telnetLoginLineBytes.value * 3, "a line that is too long");
        }
        const dialogue = new LoginDialogue({ banner: "x" });
        dialogue.begin();
        for (const piece of cut(input, random)) {
          for (const step of dialogue.receive(piece, true).steps) {
            if (step.type !== "attempt") continue;
            hold(`${step.password}${JSON.stringify(step.password)}` === '***"***"', "a secret that shows");
            dialogue.settle(false);
            dialogue.retry();
          }
        }
      },
    );
    expect(runs).toBeGreaterThan(0);
  });
});

/** Answers an engine's actions, and counts what it says. */
class FtpShell {
  readonly #engine: FtpEngine;
  readonly #random: Random;
  #waiting: (FtpAction & { readonly id: number })[] = [];
  #nowMs = 0;
  #closes = 0;

  constructor(engine: FtpEngine, random: Random) {
    this.#engine = engine;
    this.#random = random;
  }

  receive(bytes: Uint8Array): void {
    this.#nowMs += this.#random.next(50);
    this.#take(this.#engine.receive(bytes, this.#nowMs));
    if (this.#random.next(3) === 0) this.#settleOne();
    this.#read();
  }

  finish(): void {
    while (this.#waiting.length > 0) this.#settleOne();
    this.#take(this.#engine.end(this.#nowMs));
    for (let turn = 0; turn < 100_000 && this.#engine.phase.name !== "closed"; turn++) {
      while (this.#waiting.length > 0) this.#settleOne();
      this.#read();
      this.#take(this.#engine.resume(this.#nowMs));
      if (this.#engine.deadlineMs !== undefined) this.#nowMs = Math.max(this.#nowMs, this.#engine.deadlineMs);
      this.#take(this.#engine.tick(this.#nowMs));
    }
    while (this.#waiting.length > 0) this.#settleOne();
    hold(this.#engine.phase.name === "closed" && this.#closes === 1, "a session that does not end once");
  }

  #read(): void {
    const output = Buffer.from(this.#engine.takeOutput());
    // One reply may come on top of those that wait.
    hold(output.length <= LIMITS.ftpReplyBytes.value + LIMITS.ftpListingBytes.value + 65_536, "too much is owed");
    const text = output.toString("latin1").replace(/\xff[\xfb-\xfe][\s\S]/g, "");
    hold(text === "" || text.endsWith("\r\n"), "half a reply");
    hold(!/[^\r]\n|\r[^\n]/.test(text), "a line end that is none");
    hold(!text.includes("bug:"), "a bug that tells of itself");
  }

  #take(actions: readonly FtpAction[]): void {
    for (const action of actions) {
      if (action.type === "close") this.#closes++;
      else if (action.type === "upgrade") this.#take(this.#engine.secured(this.#nowMs));
      else if ("id" in action && action.type !== "abort") this.#waiting.push(action);
    }
  }

  #settleOne(): void {
    const action = this.#waiting.shift();
    if (action === undefined) return;
    const { id } = action;
    if (action.type === "transfer" && this.#random.next(2) === 0) this.#take(this.#engine.opened(id));
    this.#take(this.#engine.settle(this.#outcome(action, id), this.#nowMs));
  }

  #outcome(action: FtpAction, id: number): FtpOutcome {
    if (this.#random.next(6) === 0) {
      const kinds = ["not-found", "denied", "failed", "bad-credentials", "no-data-connection", "over-quota"] as const;
      return { id, ok: false, kind: this.#random.pick(kinds) };
    }
    switch (action.type) {
      case "authenticate":
        return { id, ok: true, value: { type: "account", account: accountOf() } };
      case "listen":
        return { id, ok: true, value: { type: "address", host: "127.0.0.1", port: 50_000 } };
      case "list-inline":
        return { id, ok: true, value: { type: "lines", lines: ["-rw- a"] } };
      case "transfer":
        return { id, ok: true, value: { type: "transferred", path: action.transfer.path, bytes: 3 } };
      case "store": {
        const type = this.#random.pick(["file", "directory"] as const);
        const entry = { name: "x", type, sizeBytes: 1, modifiedMs: 0, mode: 0o644 };
        if (action.call.name === "stat") return { id, ok: true, value: { type: "entry", entry } };
        if (action.call.name === "hash") return { id, ok: true, value: { type: "text", text: "ab" } };
        return action.call.name === "free-bytes"
          ? { id, ok: true, value: { type: "number", value: 5 } }
          : { id, ok: true };
      }
      default:
        return { id, ok: true };
    }
  }
}
