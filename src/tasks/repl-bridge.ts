/**
 * The program's side of a prompt that is served from another thread: seats remote users at the program's own REPL.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { LeaveReason, RemoteTerminal, ReplHost, ReplSession, WindowSize } from "../contracts/repl.ts";
import { hearBell } from "../native/bell.ts";
import type { ConsoleWords } from "./console-words.ts";
import { EchoPermitWriter } from "./echo-permit.ts";
import { KeyReceiver } from "./key-receiver.ts";
import { KeySlot } from "./key-slot.ts";
import { RingWriter } from "./output-ring.ts";
import { LEAVE_REASONS, type ReplAnswer, type ReplRequest } from "./repl-messages.ts";

const encoder = new TextEncoder();

/** A REPL that is being served. */
export interface ReplBridge {
  /** Sends who is seated home with reason `stopped`, and ends. */
  close(): void;
}

/** Serves `host` to the thread at the other end of `port`; ends with the port. Never keeps the program alive. */
export function serveRepl(host: ReplHost, port: MessagePort, words: ConsoleWords): ReplBridge {
  const seats = new Map<number, Seat>();
  const answer = (message: ReplAnswer): void => port.postMessage(message);
  port.on("message", (request: ReplRequest) => {
    switch (request.type) {
      case "open":
        seats.set(request.session, new Seat(host, request, answer));
        break;
      case "input":
        seats.get(request.session)?.input(request.bytes, request.number, request.shownAt);
        break;
      case "resize":
        seats.get(request.session)?.resize(request.size);
        break;
      case "interrupt":
        // Before the request: a key that is typed once that is taken was not typed ahead.
        seats.get(request.session)?.takeSlot();
        if (words.takeRequest(request.request)) seats.get(request.session)?.interrupt();
        break;
      case "ping":
        words.takeRequest(request.request);
        break;
      case "close":
        seats.get(request.session)?.takeSlot();
        seats.get(request.session)?.close(request.reason);
        seats.delete(request.session);
        break;
    }
  });
  const sendHome = (): void => {
    for (const seat of seats.values()) seat.close("stopped");
    seats.clear();
  };
  port.on("close", sendHome);
  port.unref();
  return {
    close() {
      sendHome();
      port.close();
    },
  };
}

/** One remote user, or one who was refused. */
class Seat implements RemoteTerminal {
  readonly peer: string;
  readonly user: string;
  readonly type: string;
  readonly #id: number;
  readonly #ring: RingWriter;
  readonly #keys: KeyReceiver;
  readonly #permit: EchoPermitWriter;
  readonly #hearNoMore: (() => void) | undefined;
  #size: WindowSize;
  #isPermitOwed = false;
  #session: ReplSession | undefined;
  #ended = false;

  constructor(host: ReplHost, opening: ReplRequest & { type: "open" }, answer: (message: ReplAnswer) => void) {
    this.peer = opening.peer;
    this.user = opening.user;
    this.type = opening.terminalType;
    this.#id = opening.session;
    this.#size = opening.size;
    this.#ring = new RingWriter(opening.ring);
    this.#permit = new EchoPermitWriter(opening.permit);
    this.#keys = new KeyReceiver({
      staleMark: opening.staleMark,
      slot: new KeySlot(opening.slot),
      isRung: opening.bell !== undefined,
      take: (bytes, shownAt) => guarded(() => this.#take(bytes, shownAt)),
      taken: (bytes) => answer({ type: "taken", session: this.#id, bytes }),
      settled: () => this.#permitEcho(),
    });
    try {
      this.#session = host.open(this);
    } catch (error) {
      this.write(encoder.encode(`\r\n${error instanceof Error ? error.message : String(error)}\r\n`));
      this.end("exited");
    }
    this.#permitEcho();
    this.#hearNoMore = opening.bell && hearBell(opening.bell, () => this.#keys.look());
    this.#keys.look();
    answer({ type: "seated", session: this.#id });
  }

  get size(): WindowSize {
    return this.#size;
  }

  write(bytes: Uint8Array): undefined {
    if (this.#ended) return;
    this.#ring.write(bytes);
    if (this.#session?.echo === undefined || this.#isPermitOwed) return;
    this.#isPermitOwed = true;
    setImmediate(() => {
      this.#isPermitOwed = false;
      this.#permitEcho();
    });
  }

  end(reason: LeaveReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ring.end(LEAVE_REASONS.indexOf(reason));
  }

  input(bytes: Uint8Array, number: number, shownAt: number | undefined): void {
    this.#keys.receive(bytes, number, shownAt);
  }

  takeSlot(): void {
    this.#keys.takeSlot();
  }

  resize(size: WindowSize): void {
    this.#size = size;
    guarded(() => this.#session?.resize(size));
    this.#permitEcho();
  }

  /** What was typed ahead of a Ctrl-C and not taken is dropped, as a terminal does it. */
  interrupt(): void {
    this.#keys.forget();
    guarded(() => this.#session?.interrupt());
  }

  /** Keys that are on the screen are shown again when the program has printed in between, as on any terminal. */
  #take(bytes: Uint8Array, shownAt: number | undefined): undefined | Promise<void> {
    const session = this.#session;
    if (session?.inputShown !== undefined && shownAt === this.#ring.written) return session.inputShown(bytes);
    return session?.input(bytes);
  }

  /** Tells the other thread what it may show of the keys that come next. */
  #permitEcho(): void {
    const session = this.#session;
    if (session?.echo === undefined || session.inputShown === undefined) return;
    const { written } = this.#ring;
    const { insert, erase } = guarded(() => session.echo?.()) ?? { insert: 0, erase: 0 };
    this.#permit.write({ key: this.#keys.last, written, columns: this.#size.columns, insert, erase });
  }

  close(reason: LeaveReason): void {
    this.#ended = true;
    this.#keys.close();
    this.#hearNoMore?.();
    const session = this.#session;
    this.#session = undefined;
    // As Ctrl-T does: what an evicted user runs ends, too.
    if (reason === "evicted") guarded(() => session?.interrupt());
    guarded(() => session?.close(reason));
  }
}

/** A call of the REPL, whose mistakes end neither the program nor the session. */
function guarded<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    process.emitWarning(`the REPL failed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
