/**
 * The bytes owed to the peer, in order: small ones are gathered, long data stays the view that it was.
 *
 * @module
 */

import { Octet } from "./codes.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

export class Output {
  #parts: Uint8Array[] = [];
  #octets: number[] = []; // the end of the queue, not yet a part

  /** Queues octets as they are. */
  octets(...octets: number[]): void {
    this.#octets.push(...octets);
  }

  /** Queues IAC SB, the option, the payload with its 255s doubled, IAC SE. */
  subnegotiation(option: number, payload: Uint8Array): void {
    this.#octets.push(Octet.IAC, Octet.SB, option);
    if (option === Octet.IAC) this.#octets.push(option);
    for (const octet of payload) {
      this.#octets.push(octet);
      if (octet === Octet.IAC) this.#octets.push(octet);
    }
    this.#octets.push(Octet.IAC, Octet.SE);
  }

  /** Queues bytes without a copy. */
  bytes(bytes: Uint8Array): void {
    this.#gather();
    this.#parts.push(bytes);
  }

  /** Everything queued, as one array; a single part is given out as it is. */
  take(): Uint8Array {
    this.#gather();
    const parts = this.#parts;
    if (parts.length === 0) return NOTHING;
    this.#parts = [];
    if (parts.length === 1) return parts[0] as Uint8Array;
    let length = 0;
    for (const part of parts) length += part.length;
    const all = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #gather(): void {
    if (this.#octets.length === 0) return;
    this.#parts.push(Uint8Array.from(this.#octets));
    this.#octets = [];
  }
}
