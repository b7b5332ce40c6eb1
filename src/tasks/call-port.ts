/**
 * Calls from one thread to another over a message port: plain data there and back, failures as plain data.
 *
 * @module
 */

import type { MessagePort, Transferable } from "node:worker_threads";
import { type Failure, StorageError } from "../contracts/errors.ts";
import { fromFailure, toFailure } from "./failure.ts";

interface Call {
  readonly id: number;
  readonly call: unknown;
}

type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly failure: Failure });

/** What a call is answered with; `transfer` moves memory instead of copying it. */
export interface CallResult {
  readonly value?: unknown;
  readonly transfer?: readonly Transferable[];
}

/** Answers the calls that come through `port`. Never keeps the thread alive. */
export function answerCalls<Request>(
  port: MessagePort,
  perform: (call: Request) => CallResult | Promise<CallResult>,
): void {
  port.on("message", async ({ id, call }: Call) => {
    let answer: Answer;
    let transfer: readonly Transferable[] = [];
    try {
      const result = await perform(call as Request);
      answer = { id, value: result.value };
      transfer = result.transfer ?? [];
    } catch (error) {
      answer = { id, failure: toFailure(error) };
    }
    try {
      port.postMessage(answer, transfer);
    } catch (error) {
      port.postMessage({ id, failure: toFailure(error) } satisfies Answer);
    }
  });
  port.unref();
}

/** Makes calls through a port, at most so many at a time; further ones wait for their turn. */
export class CallPort<Request> {
  readonly #port: MessagePort;
  readonly #limit: number;
  readonly #underWay: Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  > = new Map();
  readonly #turns: (() => void)[] = [];
  #lastId = 0;
  #gone = false;

  constructor(port: MessagePort, limit: number) {
    this.#port = port;
    this.#limit = limit;
    port.on("message", (answer: Answer) => {
      const call = this.#underWay.get(answer.id);
      if (call === undefined) return;
      this.#underWay.delete(answer.id);
      this.#turns.shift()?.();
      if ("failure" in answer) call.reject(fromFailure(answer.failure));
      else call.resolve(answer.value);
    });
    port.on("close", () => {
      this.#gone = true;
      for (const { reject } of this.#underWay.values()) reject(goneError());
      this.#underWay.clear();
      for (const turn of this.#turns.splice(0)) turn();
    });
    port.unref();
  }

  /** Rejects as the other side did; with kind `gone` when there is no other side any more. */
  async call(call: Request, transfer: readonly Transferable[] = []): Promise<unknown> {
    while (this.#underWay.size >= this.#limit && !this.#gone) {
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    }
    if (this.#gone) throw goneError();
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#underWay.set(id, { resolve, reject });
      this.#port.postMessage({ id, call } satisfies Call, transfer);
    });
  }
}

function goneError(): StorageError {
  return new StorageError("gone", "the other thread is gone");
}
