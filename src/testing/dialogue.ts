/**
 * A talk in which every word of the server is the test's.
 *
 * @module
 */

import { AssertionError } from "node:assert";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Option } from "../protocol/telnet/codes.ts";
import { createTelnetEngine, type TelnetEngine } from "../protocol/telnet/engine.ts";
import { Ground, reset, stalled, writeAll } from "./sockets.ts";
import { Transcript } from "./transcript.ts";

/** One client's talk; the connection is closed when it settles. */
export type Dialogue = (talk: Talk) => Promise<void>;

/** The client has gone while its next line was waited for. Ends a dialogue without a fuss. */
export class ClientLeft extends Error {}

/** One client's connection, in the hands of the test. */
export interface Talk {
  /** Counts up from 1. */
  readonly connection: number;
  /** Shows text, such as a prompt; `\n` is a new line as the protocol writes it. */
  send(text: string): Promise<void>;
  /** Sends bytes as they are, also in the middle of a TELNET command. */
  raw(bytes: Uint8Array): Promise<void>;
  /**
   * The next line that the client sends, without its end; rejects with {@link ClientLeft}.
   *
   * @param options - `secret`: not shown while it is typed, and `***` in the transcript.
   */
  line(options?: { readonly secret?: boolean }): Promise<string>;
  /** The next line; ends the dialogue as failed when it is not this text, or the expression does not find it. */
  expect(wanted: string | RegExp): Promise<string>;
  /** Waits, for tests of a client's timeouts. */
  delay(ms: number): Promise<void>;
  /** Ends the connection when all is sent. */
  close(): void;
  /** Breaks the connection with RST. */
  reset(): void;
  /** Never goes on; the connection stays open. */
  stall(): Promise<never>;
}

/** How much of the protocol is spoken for the test. */
export interface DialogueOptions {
  /** Speaks TELNET: answers options, echoes what is typed. Default true; false is bare lines, such as FTP's. */
  readonly telnet?: boolean;
  /** Sends back what is typed, as a remote terminal does. Default true; with `telnet` only. */
  readonly echo?: boolean;
  /** A loopback address. Default `127.0.0.1`. */
  readonly host?: string;
}

/** A server that talks as the test says. Disposing of it (`await using`) is `close()`. */
export interface DialogueServer extends AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  /** A free port. */
  readonly port: number;
  /** What both sides said. */
  readonly transcript: Transcript;
  /** Ends all talks. Rejects with the first failure of a dialogue. */
  close(): Promise<void>;
}

/** Listens on a free port and talks with each client that comes. */
export async function startDialogue(dialogue: Dialogue, options: DialogueOptions = {}): Promise<DialogueServer> {
  const { host = "127.0.0.1" } = options;
  const ground = new Ground();
  const transcript = new Transcript();
  let connections = 0;
  let failure: { readonly error: unknown } | undefined;
  const port = await ground.listen(host, (socket) => {
    const talk = new SocketTalk(++connections, socket, transcript, options);
    dialogue(talk).then(
      () => talk.close(),
      (error: unknown) => {
        if (!(error instanceof ClientLeft)) failure ??= { error };
        talk.close();
      },
    );
  });
  const close = async (): Promise<void> => {
    await ground.close();
    if (failure !== undefined) throw failure.error;
  };
  return { host, port, transcript, close, [Symbol.asyncDispose]: close };
}

const LF = 10;
const CR = 13;

class SocketTalk implements Talk {
  readonly connection: number;
  readonly #socket: Socket;
  readonly #transcript: Transcript;
  readonly #engine: TelnetEngine | undefined;
  readonly #echo: boolean;
  readonly #lines: string[] = [];
  #typed: number[] = [];
  #said = "";
  #secret = false;
  #gone = false;
  #wake: () => void = () => {};

  constructor(connection: number, socket: Socket, transcript: Transcript, options: DialogueOptions) {
    this.connection = connection;
    this.#socket = socket;
    this.#transcript = transcript;
    const telnet = options.telnet ?? true;
    this.#echo = telnet && (options.echo ?? true);
    if (telnet) {
      this.#engine = createTelnetEngine({
        us: [Option.ECHO, Option.SGA],
        him: [Option.SGA, Option.NAWS, Option.TTYPE],
      });
      if (this.#echo) this.#engine.request("us", Option.ECHO, true);
      this.#engine.request("us", Option.SGA, true);
      this.#flush();
    }
    socket.on("data", (chunk) => this.#receive(chunk));
    const left = (): void => {
      this.#gone = true;
      this.#endOfSaid();
      this.#wake();
    };
    socket.on("end", left);
    socket.on("close", left);
  }

  async send(text: string): Promise<void> {
    const lines = text.replaceAll(/\r?\n/g, "\r\n");
    this.#note(lines);
    const bytes = new TextEncoder().encode(lines);
    if (this.#engine === undefined) return writeAll(this.#socket, bytes);
    this.#engine.send(bytes);
    await writeAll(this.#socket, this.#engine.takeOutput());
  }

  raw(bytes: Uint8Array): Promise<void> {
    return writeAll(this.#socket, bytes);
  }

  async line({ secret = false }: { readonly secret?: boolean } = {}): Promise<string> {
    this.#secret = secret;
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) {
        this.#secret = false;
        this.#endOfSaid();
        this.#transcript.add(this.connection, "client", secret ? "***" : line);
        return line;
      }
      if (this.#gone) throw new ClientLeft("the client has left");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async expect(wanted: string | RegExp): Promise<string> {
    const line = await this.line();
    if (typeof wanted === "string" ? line === wanted : wanted.test(line)) return line;
    throw new AssertionError({
      message: `the client said ${JSON.stringify(line)} and not ${String(wanted)}:\n${this.#transcript}`,
      actual: line,
      expected: wanted,
      operator: "expect",
    });
  }

  async delay(ms: number): Promise<void> {
    await sleep(ms, undefined, { ref: false });
  }

  close(): void {
    this.#endOfSaid();
    this.#socket.end();
    this.#socket.resume();
  }

  reset(): void {
    this.#endOfSaid();
    reset(this.#socket);
  }

  stall(): Promise<never> {
    return stalled();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#engine === undefined) {
      for (const octet of chunk) if (octet !== CR) this.#key(octet === LF ? CR : octet);
    } else {
      for (const event of this.#engine.receive(chunk)) {
        if (event.type === "data") for (const octet of event.bytes) this.#key(octet);
      }
      this.#flush();
    }
    this.#wake();
  }

  #key(octet: number): void {
    if (octet === CR) {
      this.#show("\r\n");
      this.#lines.push(Buffer.from(this.#typed).toString("utf8"));
      this.#typed = [];
    } else if (octet === 8 || octet === 127) {
      if (this.#typed.pop() !== undefined && !this.#secret) this.#show("\b \b");
    } else {
      this.#typed.push(octet);
      if (!this.#secret) this.#show(Uint8Array.of(octet));
    }
  }

  #show(shown: string | Uint8Array): void {
    if (this.#echo) this.#engine?.send(typeof shown === "string" ? Buffer.from(shown) : shown);
  }

  #flush(): void {
    const bytes = this.#engine?.takeOutput();
    if (bytes !== undefined && bytes.length > 0 && !this.#socket.writableEnded) this.#socket.write(bytes);
  }

  #note(text: string): void {
    const lines = (this.#said + text).split("\r\n");
    this.#said = lines.pop() ?? "";
    for (const line of lines) this.#transcript.add(this.connection, "server", line);
  }

  /** A prompt has no line end; it is told when the client speaks. */
  #endOfSaid(): void {
    if (this.#said !== "") this.#transcript.add(this.connection, "server", this.#said);
    this.#said = "";
  }
}
