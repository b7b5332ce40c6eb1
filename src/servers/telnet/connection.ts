/**
 * One socket and its TELNET engine: which options are asked for and when, what commands do, when reading rests.
 *
 * @module
 */

import type { Socket } from "node:net";
import { LIMITS } from "../../contracts/limits.ts";
import type { WindowSize } from "../../contracts/repl.ts";
import { Octet, Option } from "../../protocol/telnet/codes.ts";
import { createTelnetEngine, type TelnetEngine, type TelnetEvent } from "../../protocol/telnet/engine.ts";
import { type ForeignProtocol, foreignProtocol } from "../../protocol/text/foreign.ts";
import type { Arrival } from "../arrivals.ts";
import type { Clock } from "../clock.ts";
import { formatAddress } from "../peer-address.ts";
import { Output } from "./output.ts";

/** What a connection tells its session. */
export interface ConnectionListener {
  /** Keys, in order; may be views into what was received. */
  keys(bytes: Uint8Array): void;
  /** IP or BRK. */
  interrupt(): void;
  resized(size: WindowSize): void;
  /** The first packet is of no TELNET client. */
  foreign(protocol: ForeignProtocol): void;
  /** The client sends nothing any more; it may still read. */
  ended(): void;
  /** The connection is no more. Called once, last. */
  gone(): void;
}

/** How long a client may take to close a connection that we have ended, once it has been sent everything. */
const LINGER_MS = 2_000;
/** How long it may take to be sent everything. */
const LAST_OUTPUT_MS = 30_000;
const BACKSPACE_KEY = Uint8Array.of(127);
const ERASE_LINE_KEY = Uint8Array.of(21);
const END_KEY = Uint8Array.of(4);
const SUSPEND_KEY = Uint8Array.of(26);
const encoder = new TextEncoder();

export class Connection {
  readonly address: string;
  readonly port: number;
  /** Terminal type as of RFC 1091 in lower case, or `unknown`. */
  terminalType = "unknown";
  size: WindowSize = { columns: 80, rows: 24 };
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #listener: ConnectionListener;
  readonly #engine: TelnetEngine;
  readonly #output: Output;
  /** True: keys are wanted also while the client takes no output, because a Ctrl-C may be among them. */
  readsWhileFull = false;
  #heard = false;
  #holding = false;
  #ended = false;
  #speaksTelnet = false;
  #aytSinceMs = 0;
  #aytReplies = 0;

  constructor({ socket, address, port }: Arrival, clock: Clock, listener: ConnectionListener) {
    this.#socket = socket;
    this.#clock = clock;
    this.#listener = listener;
    this.address = address;
    this.port = port;
    this.#engine = createTelnetEngine({
      us: [Option.BINARY, Option.ECHO, Option.SGA, Option.STATUS, Option.TIMING_MARK, Option.CHARSET],
      him: [Option.BINARY, Option.SGA, Option.TTYPE, Option.NAWS, Option.CHARSET],
    });
    this.#output = new Output(socket, this.#engine, () => this.#setReading());
    socket.setKeepAlive(true, 60_000);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("end", () => {
      if (this.#ended) socket.destroy();
      else listener.ended();
    });
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => listener.gone());
  }

  /** Address and port: `192.0.2.7:50312`. */
  get peer(): string {
    return formatAddress(this.address, this.port);
  }

  /** True when the client leaves it to us to show what is typed. */
  get echoes(): boolean {
    return this.#engine.state("us", Option.ECHO) === "yes";
  }

  /** True when the client has ever sent a TELNET command. */
  get speaksTelnet(): boolean {
    return this.#speaksTelnet;
  }

  /**
   * The first negotiation, in a packet of its own: character mode, window size and terminal type. LINEMODE is offered
   * as the device does it. Nothing of 40 or above: some clients answer that with text.
   */
  greet(): void {
    this.#engine.request("us", Option.ECHO, true);
    this.#engine.request("us", Option.SGA, true);
    this.#engine.request("us", Option.LINEMODE, true);
    this.#engine.request("him", Option.NAWS, true);
    this.#engine.request("him", Option.TTYPE, true);
    this.#output.flush();
  }

  /** Asks for the terminal's type, in a packet of its own, of a client that has one. */
  askTerminalType(): void {
    if (this.#engine.query(Option.TTYPE)) this.#output.flush();
  }

  /**
   * What is negotiated after the login, in a packet of its own: 8-bit data both ways for the clients that strip the
   * eighth bit without it; LINEMODE is left. A client that has agreed to nothing so far is asked nothing more.
   */
  settleOptions(): void {
    this.#engine.request("us", Option.LINEMODE, false);
    if (this.#engine.state("us", Option.ECHO) === "yes" || this.#engine.state("us", Option.SGA) === "yes") {
      this.#engine.request("us", Option.BINARY, true);
      this.#engine.request("him", Option.BINARY, true);
    }
    this.#output.flush();
  }

  /** Shows text or bytes; a new line is CR LF. Does nothing after {@link end}. */
  write(shown: string | Uint8Array): void {
    if (!this.#ended) this.#output.write(typeof shown === "string" ? encoder.encode(shown) : shown);
    this.#setReading();
  }

  /** Sends what is to be shown now, as far as the client takes it. */
  flush(): void {
    if (!this.#ended) this.#output.pump();
  }

  /** True while there is output that the system has not taken. */
  get isSending(): boolean {
    return this.#output.pendingBytes > 0;
  }

  /** Undefined while there is room for more output, else a promise that settles when there is, or nobody to read it. */
  room(): undefined | Promise<void> {
    return this.#ended ? undefined : this.#output.room();
  }

  /**
   * Finds out whether anybody is there who reads, after the client has ended its side: a NOP to nobody is answered by a
   * reset, which the system tells at the write after that.
   */
  probe(delaysMs: readonly number[] = [50, 250]): void {
    if (this.#ended || this.#socket.destroyed) return;
    this.#engine.sendCommand(Octet.NOP);
    this.#output.flush();
    const [delayMs, ...rest] = delaysMs;
    if (delayMs !== undefined) this.#clock.after(delayMs, () => this.probe(rest));
  }

  /** Rests reading, or goes on. */
  hold(holding: boolean): void {
    this.#holding = holding;
    this.#setReading();
  }

  /** Sends what is queued and closes. What the client still sends is thrown away. */
  end(): void {
    if (this.#ended) return;
    this.#output.end();
    this.#ended = true;
    if (this.#socket.destroyed) return; // no timer holds on to one that is gone
    this.#socket.end();
    this.#socket.resume(); // unread bytes would make a reset of the close, and the last text would be lost
    let forget = this.#clock.after(LAST_OUTPUT_MS, () => this.#socket.destroy());
    this.#socket.once("close", () => forget());
    this.#socket.once("finish", () => {
      forget();
      if (this.#socket.readableEnded) this.#socket.destroy();
      else forget = this.#clock.after(LINGER_MS, () => this.#socket.destroy());
    });
  }

  destroy(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #setReading(): void {
    if (this.#ended || this.#socket.destroyed) return;
    const full = this.#output.pendingBytes >= LIMITS.telnetOutputBufferBytes.value;
    const rest = this.#holding || (full && !this.readsWhileFull);
    if (rest !== this.#socket.isPaused()) {
      if (rest) this.#socket.pause();
      else this.#socket.resume();
    }
  }

  #receive(chunk: Uint8Array): void {
    if (this.#ended) return;
    const foreign = this.#heard ? undefined : foreignProtocol(chunk);
    this.#heard = true;
    if (foreign !== undefined) {
      this.#listener.foreign(foreign);
      return;
    }
    for (const event of this.#engine.receive(chunk)) {
      if (this.#ended) return;
      this.#take(event);
    }
    this.#output.reply();
  }

  #take(event: TelnetEvent): void {
    switch (event.type) {
      case "data":
        this.#listener.keys(event.bytes);
        return;
      case "command":
        this.#speaksTelnet = true;
        this.#command(event.command);
        return;
      case "option":
        this.#speaksTelnet = true;
        // Whose client asked for CHARSET itself may be told which.
        if (event.option === Option.CHARSET && event.side === "us" && event.result === "enabled") {
          this.#engine.query(Option.CHARSET);
        }
        return;
      case "window":
        this.size = { columns: event.columns, rows: event.rows };
        this.#listener.resized(this.size);
        return;
      case "terminal-type":
        this.terminalType = event.name;
        return;
      default:
    }
  }

  #command(command: number): void {
    switch (command) {
      case Octet.IP:
      case Octet.BRK:
      case Octet.ABORT:
        this.#listener.interrupt();
        return;
      case Octet.AYT:
        this.#answerAyt();
        return;
      case Octet.AO:
        this.#output.discard();
        this.#engine.sendCommand(Octet.DM); // the Synch of RFC 854, as far as it goes without urgent data
        return;
      case Octet.EC:
        this.#listener.keys(BACKSPACE_KEY);
        return;
      case Octet.EL:
        this.#listener.keys(ERASE_LINE_KEY);
        return;
      case Octet.EOF:
        this.#listener.keys(END_KEY);
        return;
      case Octet.SUSP:
        this.#listener.keys(SUSPEND_KEY);
        return;
      default: // NOP, DM, GA, EOR: nothing to do
    }
  }

  /** IAC AYT, as on the device: clients that ping with it wait for that, and a visible answer would litter them. */
  #answerAyt(): void {
    const now = this.#clock.elapsedMs();
    if (now - this.#aytSinceMs >= 1_000) {
      this.#aytSinceMs = now;
      this.#aytReplies = 0;
    }
    if (
      this.#aytReplies >= LIMITS.telnetAytReplies.value ||
      this.#output.pendingBytes >= LIMITS.telnetOutputBufferBytes.value
    ) {
      return;
    }
    this.#aytReplies++;
    this.#engine.sendCommand(Octet.AYT);
  }
}
