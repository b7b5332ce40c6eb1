/**
 * The byte machine of RFC 854 and RFC 855: splits what arrives into data, commands, negotiations and subnegotiations.
 *
 * Text without 255 is handed on where it is, found with one `indexOf`; only doubled 255s make it copy.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import { Copier, copyOf, findOctet } from "./bytes.ts";
import { Octet } from "./codes.ts";

/** Rules of the byte stream that a peer can break. */
export type StreamRule =
  | "lost-urgent-byte" // an IAC without its command: TCP urgent data took it (or a stray IAC)
  | "se-outside-subnegotiation"
  | "subnegotiation-too-long"
  | "subnegotiation-unfinished"; // a command in the middle of it

/** Where the parser's finds go, in the order of the stream. */
export interface ParserSink {
  /** Data with doubled 255s made single: `bytes` from `from` to before `to`, good as long as the chunk is left alone. */
  data(bytes: Uint8Array, from: number, to: number): void;
  /** EOF (236) to GA (249), without SE and SB. */
  command(command: number): void;
  negotiation(verb: number, option: number): void;
  /** A whole subnegotiation without its option code, at most `limitBytes` long; the bytes are the sink's to keep. */
  subnegotiation(option: number, bytes: Uint8Array): void;
  violation(rule: StreamRule): void;
}

export interface ParserOptions {
  /**
   * Data is UTF-8, in which 255 can't be: a doubled 255 in front of a command octet then is an IAC whose DM was
   * urgent and is lost, and the IAC of that command. Node has no SO_OOBINLINE: the urgent byte never arrives.
   */
  readonly utf8: boolean;
  /** Longest subnegotiation that is kept. */
  readonly limitBytes?: number;
}

const PLAIN = 0;
const AFTER_IAC = 1;
const AFTER_DOUBLED_IAC = 2; // only with `utf8`: a data 255 that is held until the next byte shows what it was
const AFTER_VERB = 3;
const AFTER_SB = 4;
const IN_SB = 5;
const IN_SB_AFTER_IAC = 6;

const DATA_255: Uint8Array = Uint8Array.of(Octet.IAC);
const IACS: readonly number[] = [Octet.IAC];

export class Parser {
  readonly #utf8: boolean;
  readonly #limitBytes: number;
  readonly #sink: ParserSink;
  #state = PLAIN;
  #verb = 0;
  #option = 0;
  #payload: number[] = [];
  #tooLong = false;

  constructor(sink: ParserSink, options: ParserOptions) {
    this.#sink = sink;
    this.#utf8 = options.utf8;
    this.#limitBytes = options.limitBytes ?? LIMITS.telnetSubnegotiationBytes.value;
  }

  /** Takes the next bytes of the stream, cut anywhere. */
  receive(chunk: Uint8Array): void {
    const { length } = chunk;
    let copy: Uint8Array | undefined; // one for the whole chunk, in which data moves down over the second 255s
    let copier: Copier | undefined;
    let copied = 0;
    let at = 0;
    while (at < length) {
      if (this.#state !== PLAIN) {
        at = this.#step(chunk[at] as number, at);
        continue;
      }
      const iac = findOctet(chunk, Octet.IAC, at);
      if (!this.#isDoubled(chunk, iac)) {
        if (iac > at) this.#sink.data(chunk, at, iac);
        at = this.#command(chunk, iac);
        continue;
      }
      copy ??= copyOf(chunk);
      copier ??= new Copier(chunk, copy, IACS);
      const from = copied;
      for (;;) {
        const run = copier.copy(at, copied);
        at += run;
        copied += run;
        if (at === length) break;
        if (chunk[at] === Octet.IAC) {
          if (!this.#isDoubled(chunk, at)) break;
          at += 1;
        }
        copy[copied++] = chunk[at++] as number;
      }
      this.#sink.data(copy, from, copied);
    }
  }

  /** Takes the IAC at `at`, if there is one, and with it what is most frequent behind it; gives the place to go on at. */
  #command(chunk: Uint8Array, at: number): number {
    const command = chunk[at + 1];
    if (command !== undefined && command > Octet.SE && command < Octet.SB) {
      this.#sink.command(command);
      return at + 2;
    }
    if (at < chunk.length) this.#state = AFTER_IAC;
    return at + 1;
  }

  /** Is the IAC at `at` the first half of a data 255, as far as this chunk shows? */
  #isDoubled(chunk: Uint8Array, at: number): boolean {
    if (chunk[at + 1] !== Octet.IAC) return false;
    if (!this.#utf8) return true;
    const next = chunk[at + 2];
    return next !== undefined && !isCommand(next);
  }

  /** One octet in any state but PLAIN; gives the place to go on at, which is the same one when it was not used up. */
  #step(octet: number, at: number): number {
    switch (this.#state) {
      case AFTER_IAC:
        return this.#afterIac(octet, at);
      case AFTER_DOUBLED_IAC:
        this.#state = PLAIN;
        if (isCommand(octet)) {
          this.#sink.violation("lost-urgent-byte");
          this.#state = AFTER_IAC;
        } else {
          this.#sink.data(DATA_255, 0, 1);
        }
        return at;
      case AFTER_VERB:
        this.#state = PLAIN;
        this.#sink.negotiation(this.#verb, octet);
        return at + 1;
      case AFTER_SB:
        this.#option = octet;
        this.#state = IN_SB;
        return at + 1;
      case IN_SB:
        if (octet === Octet.IAC) this.#state = IN_SB_AFTER_IAC;
        else this.#keep(octet);
        return at + 1;
      default:
        return this.#inSubnegotiationAfterIac(octet, at);
    }
  }

  #afterIac(octet: number, at: number): number {
    this.#state = PLAIN;
    if (octet === Octet.IAC) {
      if (this.#utf8) this.#state = AFTER_DOUBLED_IAC;
      else this.#sink.data(DATA_255, 0, 1);
    } else if (octet < Octet.EOF) {
      this.#sink.violation("lost-urgent-byte");
      return at; // the octet is data
    } else if (octet >= Octet.WILL) {
      this.#verb = octet;
      this.#state = AFTER_VERB;
    } else if (octet === Octet.SB) {
      this.#state = AFTER_SB;
    } else if (octet === Octet.SE) {
      this.#sink.violation("se-outside-subnegotiation");
    } else {
      this.#sink.command(octet);
    }
    return at + 1;
  }

  #inSubnegotiationAfterIac(octet: number, at: number): number {
    if (octet === Octet.SE) {
      const payload = Uint8Array.from(this.#payload);
      const whole = !this.#tooLong;
      this.#endSubnegotiation(PLAIN);
      if (whole) this.#sink.subnegotiation(this.#option, payload);
      return at + 1;
    }
    if (octet === Octet.IAC) {
      this.#state = IN_SB;
      this.#keep(octet);
      return at + 1;
    }
    if (octet < Octet.EOF) {
      this.#state = IN_SB; // a 255 that should have been doubled, as some clients do it in NAWS
      this.#keep(Octet.IAC);
      return at;
    }
    this.#sink.violation("subnegotiation-unfinished");
    this.#endSubnegotiation(AFTER_IAC);
    return at;
  }

  #keep(octet: number): void {
    if (this.#tooLong) return;
    if (this.#payload.length < this.#limitBytes) {
      this.#payload.push(octet);
      return;
    }
    this.#tooLong = true;
    this.#payload = [];
    this.#sink.violation("subnegotiation-too-long");
  }

  #endSubnegotiation(state: number): void {
    this.#state = state;
    this.#payload = [];
    this.#tooLong = false;
  }
}

function isCommand(octet: number): boolean {
  return octet >= Octet.SE && octet !== Octet.IAC;
}
