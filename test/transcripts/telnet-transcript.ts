/**
 * Recorded TELNET talks, readable by hand, one thing a line:
 *
 *     # a comment
 *     @ us ECHO SGA                 options that the engine agrees to on a side; `@ data text`: it reads text, not keys
 *     ! request him NAWS on         what the server does: request, allow, query, send, command, subnegotiate
 *     < FF FB 1F                    from the peer: octets, or text in quotes
 *     > FF FD 1F                    owed to the peer
 *     = option him NAWS enabled     told to the server; `= state him NAWS yes` is looked up when the block is over
 *
 * A block is some `!` lines and what follows them, up to the next `!` or the end of the `state` lines. Bytes of one block are one stream: how they are cut is the replay's.
 */
import { readFileSync } from "node:fs";
import { Octet, Option } from "../../src/protocol/telnet/codes.ts";
import {
  createTelnetEngine,
  type Side,
  type TelnetEngine,
  type TelnetEvent,
} from "../../src/protocol/telnet/engine.ts";

interface Block {
  readonly line: number;
  readonly actions: string[][];
  readonly received: number[];
  readonly owed: number[];
  readonly told: string[];
  readonly states: string[];
}

export interface Transcript {
  readonly options: { us: number[]; him: number[]; data: "keys" | "text" };
  readonly blocks: readonly Block[];
}

/** Where to cut the bytes of a block: gives the length of the next piece, at least 1. */
export type Cut = (left: number) => number;

export function readTranscript(file: string): Transcript {
  const options: Transcript["options"] = { us: [], him: [], data: "keys" };
  const blocks: Block[] = [];
  for (const [index, text] of readFileSync(file, "utf8").split("\n").entries()) {
    const line = text.trim();
    if (line === "" || line.startsWith("#")) continue;
    const words = (line.slice(1).match(/"[^"]*"|\S+/g) ?? []) as string[];
    const last = blocks.at(-1);
    const fresh =
      last === undefined || (line[0] !== "=" && last.states.length > 0) || (line[0] === "!" && isUsed(last));
    const block = fresh && line[0] !== "@" ? newBlock(index + 1) : last;
    if (block !== undefined && block !== last) blocks.push(block);
    switch (line[0]) {
      case "@":
        if (words[0] === "data") options.data = words[1] as "keys" | "text";
        else options[words[0] as Side].push(...words.slice(1).map(optionCode));
        break;
      case "!":
        block?.actions.push(words);
        break;
      case "<":
        block?.received.push(...octetsOf(words));
        break;
      case ">":
        block?.owed.push(...octetsOf(words));
        break;
      case "=":
        if (words[0] === "state") block?.states.push(words.slice(1).join(" "));
        else block?.told.push(words[0] === "data" ? dataLine(octetsOf(words.slice(1))) : words.join(" "));
        break;
      default:
        throw new Error(`${file}:${index + 1}: ${line}`);
    }
  }
  return { options, blocks };
}

/** What one block led to, in the form in which {@link expectedOf} has what the transcript says. */
export interface Outcome {
  readonly line: number;
  readonly told: readonly string[];
  readonly owed: string;
  readonly states: readonly string[];
}

export function replay({ options, blocks }: Transcript, cut: Cut): Outcome[] {
  const engine = createTelnetEngine(options);
  return blocks.map((block) => {
    for (const action of block.actions) act(engine, action);
    const bytes = Uint8Array.from(block.received);
    const events: TelnetEvent[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = cut(bytes.length - at);
      events.push(...engine.receive(bytes.slice(at, at + length)));
      at += length;
    }
    return {
      line: block.line,
      told: mergeData(events.map(eventLine)),
      owed: hex(engine.takeOutput()),
      states: block.states.map((text) => {
        const [side, option] = text.split(" ") as [Side, string];
        return `${side} ${option} ${engine.state(side, optionCode(option))}`;
      }),
    };
  });
}

export function expectedOf(transcript: Transcript): Outcome[] {
  return transcript.blocks.map(({ line, told, owed, states }) => ({
    line,
    told: mergeData(told),
    owed: hex(Uint8Array.from(owed)),
    states,
  }));
}

function isUsed(block: Block): boolean {
  return block.received.length + block.owed.length + block.told.length > 0;
}

function newBlock(line: number): Block {
  return { line, actions: [], received: [], owed: [], told: [], states: [] };
}

function act(engine: TelnetEngine, [verb, ...words]: string[]): void {
  const [first = "", second = "", third = ""] = words;
  if (verb === "request") engine.request(first as Side, optionCode(second), third === "on");
  else if (verb === "allow") engine.allow(first as Side, optionCode(second), third !== "off");
  else if (verb === "query") engine.query(optionCode(first));
  else if (verb === "send") engine.send(Uint8Array.from(octetsOf(words)));
  else if (verb === "command") engine.sendCommand(Octet[first as keyof typeof Octet]);
  else if (verb === "subnegotiate") engine.subnegotiate(optionCode(first), Uint8Array.from(octetsOf(words.slice(1))));
  else throw new Error(`unknown action ${verb}`);
}

function optionCode(word: string): number {
  return word in Option ? Option[word as keyof typeof Option] : Number(word);
}

function optionName(code: number): string {
  return Object.entries(Option).find(([, value]) => value === code)?.[0] ?? String(code);
}

function octetsOf(words: readonly string[]): number[] {
  return words.flatMap((word) =>
    word.startsWith('"') ? [...Buffer.from(word.slice(1, -1))] : Number.parseInt(word, 16),
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .toUpperCase()
    .replace(/..(?=.)/g, "$& ");
}

function dataLine(octets: readonly number[]): string {
  return `data ${hex(Uint8Array.from(octets))}`;
}

function eventLine(event: TelnetEvent): string {
  switch (event.type) {
    case "data":
      return `data ${hex(event.bytes)}`;
    case "command":
      return `command ${Object.entries(Octet).find(([, value]) => value === event.command)?.[0]}`;
    case "option":
      return `option ${event.side} ${optionName(event.option)} ${event.result}`;
    case "window":
      return `window ${event.columns} ${event.rows}`;
    case "terminal-type":
      return `terminal-type ${event.name}${event.last ? " last" : ""}`;
    case "terminal-speed":
      return `terminal-speed ${event.transmit} ${event.receive}`;
    case "environment":
      return ["environment", ...[...event.variables].map(([name, value]) => `${name}=${value}`)].join(" ");
    case "charset":
      return `charset ${event.name ?? "refused"}`;
    case "line-mode":
      return `line-mode ${event.mask}`;
    case "timing-mark":
      return `timing-mark ${event.reached ? "reached" : "refused"}`;
    case "subnegotiation":
      return `subnegotiation ${optionName(event.option)} ${hex(event.bytes)}`.trim();
    case "violation":
      return `violation ${event.rule}`;
  }
}

function mergeData(lines: readonly string[]): string[] {
  const merged: string[] = [];
  for (const line of lines) {
    const last = merged.at(-1);
    if (line.startsWith("data ") && last?.startsWith("data ")) merged[merged.length - 1] = `${last} ${line.slice(5)}`;
    else merged.push(line);
  }
  return merged;
}
