/**
 * The TELNET engine: bytes go in, events and bytes come out. It owns no socket and no clock, and nothing that a peer
 * sends makes it throw, loop or grow.
 *
 * @module
 */

import { PortholeError } from "../../contracts/errors.ts";
import { LIMITS } from "../../contracts/limits.ts";
import { Octet, Option } from "./codes.ts";
import { DataEvent, type TelnetEvent, type ViolationRule } from "./events.ts";
import { inForce, type QState, RECEIVED, REFUSE, type Side, type Step, WANTED } from "./negotiation.ts";
import { KeyReader, type NvtReader, NvtWriter, TextReader } from "./nvt.ts";
import { Output } from "./output.ts";
import { Parser } from "./parser.ts";
import { requestFor, Subnegotiations } from "./subnegotiations.ts";
import { answerTimingMark, TimingMarks } from "./timing-mark.ts";

export type { TelnetEvent, ViolationRule } from "./events.ts";
export type { OptionResult, QState, Side } from "./negotiation.ts";

export interface TelnetEngineOptions {
  /** Options that we turn on when the peer asks us to (DO). Default: none. See {@link TelnetEngine.allow}. */
  readonly us?: Iterable<number>;
  /** Options that the peer may turn on (WILL). Default: none. */
  readonly him?: Iterable<number>;
  /**
   * What the peer's data is. `keys` (default): a UTF-8 keyboard; every way to send Return becomes one CR, and the
   * traces of lost urgent bytes are removed. `text`: what a server shows a client; CR LF stays, CR NUL becomes CR, all
   * other bytes are exact.
   */
  readonly data?: "keys" | "text";
}

export interface TelnetEngine {
  /**
   * Takes bytes from the peer, cut anywhere; the way they are cut doesn't change what is told.
   *
   * Total: no bytes make it throw. `data` events may be of the chunk itself.
   */
  receive(chunk: Uint8Array): readonly TelnetEvent[];
  /**
   * Queues data: 255 is doubled, and a CR without LF gets its NUL unless our BINARY is on.
   *
   * The bytes are not copied when nothing in them has to change: leave them alone until what `takeOutput()` gave has
   * been written.
   */
  send(bytes: Uint8Array): void;
  /**
   * Queues IAC and a command, for example AYT (Octet.AYT).
   *
   * Commands often answer the peer's, so they count among the replies that are owed.
   *
   * @returns false when LIMITS.telnetOptionReplies are owed already; then it is not queued.
   * @throws PortholeError `PORTHOLE_ERR_ARGUMENT` unless it is 236 to 249 and not SE.
   */
  sendCommand(command: number): boolean;
  /**
   * Asks for an option to be turned on or off.
   *
   * Does nothing when it is so already or is on its way, so that repeated calls can't start a loop. The answer comes
   * later as an `option` event. TIMING_MARK of `him` queues DO TIMING-MARK each time, answered by `timing-mark`.
   *
   * @param side - `us` sends WILL or WONT, `him` sends DO or DONT.
   * @throws PortholeError `PORTHOLE_ERR_ARGUMENT` when `option` is not an octet.
   * @see RFC 1143 §7
   */
  request(side: Side, option: number, enabled: boolean): void;
  /**
   * Changes which options the peer may have turned on; what is on stays on. A server allows more after a login.
   *
   * @throws PortholeError `PORTHOLE_ERR_ARGUMENT` when `option` is not an octet.
   */
  allow(side: Side, option: number, allowed: boolean): void;
  /**
   * Queues the question that belongs to an option: SEND of TTYPE, TSPEED, NEW_ENVIRON (allowed names only) and STATUS
   * when the peer has it on, REQUEST of CHARSET ("UTF-8") when we have it on. Nothing is ever asked without this.
   *
   * @returns false when the option isn't on or has no question.
   */
  query(option: number): boolean;
  /**
   * Queues a subnegotiation; 255s in the payload are doubled. Whether the option is on is the caller's to know.
   *
   * @throws PortholeError `PORTHOLE_ERR_ARGUMENT` when `option` is not an octet.
   */
  subnegotiate(option: number, payload: Uint8Array): void;
  /** Where an option stands; TIMING_MARK is always `no`. */
  state(side: Side, option: number): QState;
  /** Every byte owed to the peer, in order; empties the queue. */
  takeOutput(): Uint8Array;
}

/** Makes the engine for one connection. */
export function createTelnetEngine(options: TelnetEngineOptions = {}): TelnetEngine {
  return new Engine(options);
}

/** One event for each command: it says nothing else. */
const COMMANDS: readonly TelnetEvent[] = Array.from({ length: Octet.GA - Octet.EOF + 1 }, (_, place) =>
  Object.freeze({ type: "command", command: Octet.EOF + place }),
);

class Engine implements TelnetEngine {
  readonly #allowed: Readonly<Record<Side, Set<number>>>;
  readonly #states: Readonly<Record<Side, Map<number, QState>>> = { us: new Map(), him: new Map() };
  readonly #parser: Parser;
  readonly #reader: NvtReader;
  readonly #writer: NvtWriter = new NvtWriter();
  readonly #output: Output = new Output();
  readonly #subnegotiations: Subnegotiations;
  readonly #timingMarks: TimingMarks = new TimingMarks();
  readonly #violated: Set<ViolationRule> = new Set();
  #events: TelnetEvent[] = [];
  #himBinary = false; // inForce("him", BINARY), which each piece of data needs
  #repliesInARow = 0; // since the peer last sent data: broken peers that answer answers stop here
  #repliesOwed = 0; // since takeOutput()

  constructor(options: TelnetEngineOptions) {
    this.#allowed = { us: new Set(options.us), him: new Set(options.him) };
    const keys = options.data !== "text";
    this.#reader = keys ? new KeyReader(() => this.#violation("lost-urgent-byte")) : new TextReader();
    this.#parser = new Parser(
      {
        data: (bytes, from, to) => this.#data(bytes, from, to),
        command: (command) => this.#tell(COMMANDS[command - Octet.EOF] as TelnetEvent),
        negotiation: (verb, option) => this.#negotiation(verb, option),
        subnegotiation: (option, payload) => this.#subnegotiations.receive(option, payload),
        violation: (rule) => this.#violation(rule),
      },
      { utf8: keys },
    );
    this.#subnegotiations = new Subnegotiations({
      inForce: (side, option) => this.#inForce(side, option),
      optionsInForce: (side) =>
        [...this.#states[side].keys()].filter((option) => this.#inForce(side, option)).sort(ascending),
      isWaitedFor: (side, option) => this.state(side, option).startsWith("want-yes"),
      answer: (option, payload) => {
        if (this.#mayAnswer(1 + Math.ceil(payload.length / 3))) this.#output.subnegotiation(option, payload);
      },
      tell: (event) => this.#tell(event),
      violation: (rule) => this.#violation(rule),
    });
  }

  receive(chunk: Uint8Array): readonly TelnetEvent[] {
    const events: TelnetEvent[] = [];
    this.#events = events;
    this.#reader.begin(chunk);
    this.#parser.receive(chunk);
    this.#events = []; // the caller's array is let go
    return events;
  }

  send(bytes: Uint8Array): void {
    this.#writer.write(bytes, this.state("us", Option.BINARY) === "yes", (wire) => this.#output.bytes(wire));
  }

  sendCommand(command: number): boolean {
    if (!(Number.isInteger(command) && command >= Octet.EOF && command <= Octet.GA) || command === Octet.SE) {
      throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `${command} is no TELNET command; pass 236 to 249 but not SE`);
    }
    if (this.#repliesOwed >= LIMITS.telnetOptionReplies.value) return false;
    this.#repliesOwed += 1;
    this.#output.octets(Octet.IAC, command);
    return true;
  }

  request(side: Side, option: number, enabled: boolean): void {
    checkOption(option);
    if (option === Option.TIMING_MARK) {
      if (side === "him" && enabled && this.#timingMarks.ask()) this.#output.octets(Octet.IAC, Octet.DO, option);
      return;
    }
    this.#take(side, option, WANTED[this.state(side, option)][enabled ? "on" : "off"]);
  }

  allow(side: Side, option: number, allowed: boolean): void {
    checkOption(option);
    if (allowed) this.#allowed[side].add(option);
    else this.#allowed[side].delete(option);
  }

  query(option: number): boolean {
    const question = requestFor(option);
    if (question === undefined || !this.#inForce(question.side, option)) return false;
    this.#subnegotiations.asked(option);
    this.#output.subnegotiation(option, question.payload);
    return true;
  }

  subnegotiate(option: number, payload: Uint8Array): void {
    checkOption(option);
    this.#output.subnegotiation(option, payload);
  }

  state(side: Side, option: number): QState {
    return this.#states[side].get(option) ?? "no";
  }

  takeOutput(): Uint8Array {
    this.#repliesOwed = 0;
    return this.#output.take();
  }

  #tell(event: TelnetEvent): void {
    // V8 calls `push` as a function of its own where arrays begin empty: a quarter of the time of short events.
    this.#events[this.#events.length] = event;
  }

  #data(bytes: Uint8Array, from: number, to: number): void {
    this.#repliesInARow = 0;
    this.#reader.read(bytes, from, to, this.#himBinary, this.#tellData);
  }

  readonly #tellData = (bytes: Uint8Array, from: number, to: number): void => {
    this.#tell(new DataEvent(bytes, from, to));
  };

  #negotiation(verb: number, option: number): void {
    if (option === Option.TIMING_MARK) {
      this.#timingMark(verb);
      return;
    }
    const side = verb === Octet.WILL || verb === Octet.WONT ? "him" : "us";
    const on = verb === Octet.WILL || verb === Octet.DO;
    const state = this.state(side, option);
    const refuse = state === "no" && on && !this.#allowed[side].has(option);
    const step = refuse ? REFUSE : RECEIVED[state][on ? "on" : "off"];
    if (step.send !== undefined && !this.#mayAnswer(1)) return; // as if it had never come
    this.#take(side, option, step);
  }

  #take(side: Side, option: number, step: Step): void {
    if (step.next === "no") this.#states[side].delete(option);
    else this.#states[side].set(option, step.next);
    if (option === Option.BINARY && side === "him") this.#himBinary = inForce(step.next);
    if (step.send !== undefined) {
      const verb = side === "us" ? { on: Octet.WILL, off: Octet.WONT } : { on: Octet.DO, off: Octet.DONT };
      this.#output.octets(Octet.IAC, verb[step.send], option);
    }
    if (step.violation) this.#violation("refusal-ignored");
    if (step.tell !== undefined) this.#tell({ type: "option", side, option, result: step.tell });
  }

  #timingMark(verb: number): void {
    const answer = answerTimingMark(verb, this.#allowed.us.has(Option.TIMING_MARK));
    if (answer !== undefined) {
      if (this.#mayAnswer(1)) this.#output.octets(Octet.IAC, answer, Option.TIMING_MARK);
    } else if (verb !== Octet.DONT && this.#timingMarks.settle()) {
      this.#tell({ type: "timing-mark", reached: verb === Octet.WILL });
    }
  }

  /** Counts an answer to the peer, in units of three bytes; false when there have been too many. */
  #mayAnswer(units: number): boolean {
    const limit = LIMITS.telnetOptionReplies.value;
    if (this.#repliesOwed + units > limit || this.#repliesInARow + units > limit) {
      this.#violation("too-many-requests");
      return false;
    }
    this.#repliesOwed += units;
    this.#repliesInARow += units;
    return true;
  }

  #violation(rule: ViolationRule): void {
    if (this.#violated.has(rule)) return;
    this.#violated.add(rule);
    this.#tell({ type: "violation", rule });
  }

  #inForce(side: Side, option: number): boolean {
    return inForce(this.state(side, option));
  }
}

function checkOption(option: number): void {
  if (Number.isInteger(option) && option >= 0 && option <= 255) return;
  throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `${option} is no TELNET option; pass a whole number from 0 to 255`);
}

function ascending(left: number, right: number): number {
  return left - right;
}
