/**
 * What is inside a subnegotiation, option by option: which question belongs to an option, and what an answer means.
 *
 * @module
 */

import {
  acceptCharset,
  parseCharset,
  REJECT_CHARSET,
  REJECT_TRANSLATION_TABLE,
  REQUEST_UTF_8,
  utf8Among,
} from "./charset.ts";
import { Option } from "./codes.ts";
import type { TelnetEvent, ViolationRule } from "./events.ts";
import { parseLineMode, SpecialCharacters } from "./linemode.ts";
import { parseWindow } from "./naws.ts";
import type { Side } from "./negotiation.ts";
import { formatEnvironmentRequest, parseEnvironment } from "./new-environ.ts";
import { formatStatus, isStatusRequest, SEND_STATUS } from "./status.ts";
import { parseTerminalSpeed, SEND_TERMINAL_SPEED } from "./tspeed.ts";
import { parseTerminalType, SEND_TERMINAL_TYPE } from "./ttype.ts";

/** What the subnegotiations need of their engine. */
export interface SubnegotiationHost {
  inForce(side: Side, option: number): boolean;
  optionsInForce(side: Side): readonly number[];
  /** Has the option been asked for, without an answer so far? */
  isWaitedFor(side: Side, option: number): boolean;
  /** Queues an answer, unless the peer has had too many. */
  answer(option: number, payload: Uint8Array): void;
  tell(event: TelnetEvent): void;
  violation(rule: ViolationRule): void;
}

/** A question and the side whose option has to be on for it. */
export interface Question {
  readonly side: Side;
  readonly payload: Uint8Array;
}

const QUESTIONS: ReadonlyMap<number, Question> = new Map([
  [Option.STATUS, { side: "him", payload: SEND_STATUS }],
  [Option.TTYPE, { side: "him", payload: SEND_TERMINAL_TYPE }],
  [Option.TSPEED, { side: "him", payload: SEND_TERMINAL_SPEED }],
  [Option.NEW_ENVIRON, { side: "him", payload: formatEnvironmentRequest() }],
  [Option.CHARSET, { side: "us", payload: REQUEST_UTF_8 }], // RFC 2066 §2: who has sent WILL may ask
]);

/** The question of an option; undefined when it has none. */
export function requestFor(option: number): Question | undefined {
  return QUESTIONS.get(option);
}

export class Subnegotiations {
  readonly #host: SubnegotiationHost;
  readonly #specialCharacters: SpecialCharacters = new SpecialCharacters();
  #terminalType: string | undefined;
  #charsetAsked = false;

  constructor(host: SubnegotiationHost) {
    this.#host = host;
  }

  /** A question of ours is on its way. */
  asked(option: number): void {
    if (option === Option.CHARSET) this.#charsetAsked = true;
  }

  /** One whole subnegotiation, without its option code. */
  receive(option: number, payload: Uint8Array): void {
    const us = this.#host.inForce("us", option);
    // Some clients begin a subnegotiation without saying WILL; to have been asked for it is enough.
    const him = this.#host.inForce("him", option) || this.#host.isWaitedFor("him", option);
    if (!us && !him) {
      this.#host.violation("subnegotiation-without-option");
    } else if (option === Option.CHARSET) {
      this.#charset(payload);
    } else if (us && option === Option.STATUS && isStatusRequest(payload)) {
      this.#host.answer(option, formatStatus(this.#host.optionsInForce("us"), this.#host.optionsInForce("him")));
    } else if (him && HAS_EVENT.has(option)) {
      const event = this.#eventOf(option, payload);
      if (event !== undefined) this.#host.tell(event);
      else if (option !== Option.LINEMODE) this.#host.violation("subnegotiation-malformed");
    } else {
      this.#host.tell({ type: "subnegotiation", option, bytes: payload });
    }
  }

  #eventOf(option: number, payload: Uint8Array): TelnetEvent | undefined {
    switch (option) {
      case Option.NAWS: {
        const size = parseWindow(payload);
        return size && { type: "window", ...size };
      }
      case Option.TTYPE: {
        const name = parseTerminalType(payload);
        if (name === undefined) return undefined;
        const last = name === this.#terminalType;
        this.#terminalType = name;
        return { type: "terminal-type", name, last };
      }
      case Option.TSPEED: {
        const speed = parseTerminalSpeed(payload);
        return speed && { type: "terminal-speed", ...speed };
      }
      case Option.NEW_ENVIRON: {
        const variables = parseEnvironment(payload);
        return variables && { type: "environment", variables };
      }
      default:
        return this.#lineMode(payload);
    }
  }

  #lineMode(payload: Uint8Array): TelnetEvent | undefined {
    const message = parseLineMode(payload);
    if (message?.says === "mode") return { type: "line-mode", mask: message.mask };
    const answer = message && this.#specialCharacters.answer(message.triples);
    if (answer !== undefined) this.#host.answer(Option.LINEMODE, answer);
    return undefined;
  }

  #charset(payload: Uint8Array): void {
    const message = parseCharset(payload);
    switch (message?.says) {
      case "request": {
        const name = this.#charsetAsked ? undefined : utf8Among(message.names); // RFC 2066 §4: our question goes first
        if (name === undefined) {
          this.#host.answer(Option.CHARSET, REJECT_CHARSET);
        } else {
          this.#host.answer(Option.CHARSET, acceptCharset(name));
          this.#host.tell({ type: "charset", name: "utf-8" });
        }
        break;
      }
      case "accepted":
      case "rejected":
        if (!this.#charsetAsked) break;
        this.#charsetAsked = false;
        this.#host.tell({
          type: "charset",
          name: message.says === "accepted" && utf8Among([message.name]) ? "utf-8" : undefined,
        });
        break;
      case "translation-table":
        this.#host.answer(Option.CHARSET, REJECT_TRANSLATION_TABLE);
        break;
      default:
        this.#host.violation("subnegotiation-malformed");
    }
  }
}

/** Options whose subnegotiations, when they come from the side that has the option on, are read here. */
const HAS_EVENT: ReadonlySet<number> = new Set<number>([
  Option.NAWS,
  Option.TTYPE,
  Option.TSPEED,
  Option.NEW_ENVIRON,
  Option.LINEMODE,
]);
