/**
 * What is told of one transfer while it goes on.
 *
 * @module
 */

import type { EventSession, FtpServerEvent, TransferInfo } from "../../contracts/events.ts";
import type { FtpOutcome } from "../../protocol/ftp/actions.ts";
import { resultOf, type TransferResult } from "./outcomes.ts";

const PROGRESS_MS = 250;

export class TransferEvents {
  readonly #emit: (event: FtpServerEvent) => void;
  readonly #user: string;
  readonly #peer: EventSession;
  #started = false;
  #progressMs: number = performance.now();

  constructor(emit: (event: FtpServerEvent) => void, user: string, peer: EventSession) {
    this.#emit = emit;
    this.#user = user;
    this.#peer = peer;
  }

  start(info: TransferInfo): void {
    this.#started = true;
    this.#emit(this.#event("transfer-start", info));
  }

  /** More bytes have moved; told now and then. */
  progress(transfer: { readonly info: TransferInfo }): void {
    const nowMs = performance.now();
    if (nowMs - this.#progressMs < PROGRESS_MS) return;
    this.#progressMs = nowMs;
    this.#emit(this.#event("transfer-progress", transfer.info));
  }

  /** Nothing is told of a transfer that never started. */
  end(outcome: FtpOutcome, info: TransferInfo): void {
    if (this.#started) this.#emit(this.#ended(resultOf(outcome), info));
    if (!outcome.ok || (info.kind !== "store" && info.kind !== "append")) return;
    this.#emit({ type: "upload", user: this.#user, path: info.path, bytes: info.bytes, ...this.#peer });
  }

  /** Written out: put together with `...` events cost a hundred times as much, and each small file has two. */
  #event<Type extends "transfer-start" | "transfer-progress">(type: Type, info: TransferInfo) {
    const { sessionId, address, port } = this.#peer;
    return {
      type,
      user: this.#user,
      sessionId,
      address,
      port,
      transferId: info.transferId,
      kind: info.kind,
      path: info.path,
      ascii: info.ascii,
      bytes: info.bytes,
      totalBytes: info.totalBytes,
      seconds: info.seconds,
    };
  }

  #ended(result: TransferResult, info: TransferInfo) {
    const { sessionId, address, port } = this.#peer;
    return {
      type: "transfer-end" as const,
      user: this.#user,
      result,
      sessionId,
      address,
      port,
      transferId: info.transferId,
      kind: info.kind,
      path: info.path,
      ascii: info.ascii,
      bytes: info.bytes,
      totalBytes: info.totalBytes,
      seconds: info.seconds,
    };
  }
}
