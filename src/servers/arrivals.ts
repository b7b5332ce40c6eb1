/**
 * Who comes: connections with the address that limits and logs are about. A connection of a named proxy begins with a
 * PROXY header that says whose it is; from anybody else such a header is no more than wrong bytes.
 *
 * @module
 */

import { BlockList, isIPv6, type Socket } from "node:net";
import { LIMITS } from "../contracts/limits.ts";
import { parseProxyHeader } from "../protocol/proxy/header.ts";
import { isLoopback } from "./protected-mode.ts";

/** A connection, and where its client is: IPv4 in dotted form. */
export interface Arrival {
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
  /** The client is on this machine; false too when a proxy can't say where it is. */
  readonly local: boolean;
  /** It came through this proxy. */
  readonly proxy: string | undefined;
}

/** An IPv4 address that came as `::ffff:192.0.2.7` in dotted form, everything else as it is. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return /^::ffff:\d+\./i.test(address) ? address.slice(7) : address;
}

export class Arrivals {
  readonly #proxies: BlockList | undefined;
  readonly #waiting = new Set<Socket>();

  /** @param proxies - Addresses, and networks as `192.0.2.0/24`: who may say for whom it connects. */
  constructor(proxies: readonly string[] = []) {
    if (proxies.length === 0) return;
    this.#proxies = new BlockList();
    for (const text of proxies) {
      const [address = "", prefix] = text.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      if (prefix === undefined) this.#proxies.addAddress(address, family);
      else this.#proxies.addSubnet(address, Number(prefix), family);
    }
  }

  /** True for a proxy that the owner has named. */
  isProxy(address: string): boolean {
    return this.#proxies?.check(address, isIPv6(address) ? "ipv6" : "ipv4") === true;
  }

  /**
   * Finds out whose connection it is: at once, or when the proxy has said it. Nothing is written before that, and a
   * proxy that says nothing right in time is closed. What came behind the header stays to be read; the socket is paused
   * then.
   */
  admit(socket: Socket, done: (arrival: Arrival) => void): void {
    const address = plainAddress(socket.remoteAddress);
    if (address === "") {
      socket.on("error", ignore); // it is gone already
      socket.destroy();
      return;
    }
    const arrival = { socket, address, port: socket.remotePort ?? 0, local: isLoopback(address), proxy: undefined };
    if (this.isProxy(address)) this.#readHeader(arrival, done);
    else done(arrival);
  }

  /** Closes the connections that have not said whose they are. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #readHeader(own: Arrival, done: (arrival: Arrival) => void): void {
    const { socket } = own;
    const waiting = this.#waiting;
    if (waiting.size >= LIMITS.proxyHeadersAwaited.value) {
      socket.on("error", ignore);
      socket.destroy();
      return;
    }
    waiting.add(socket);
    let received: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), LIMITS.proxyHeaderSeconds.value * 1000);
    const end = (): void => void socket.destroy();
    const forget = (): void => {
      clearTimeout(timer);
      waiting.delete(socket);
      socket.off("data", read);
      socket.off("end", end);
      socket.off("error", ignore);
      socket.off("close", forget);
    };
    const read = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const header = parseProxyHeader(received);
      if (header.type === "more") return;
      if (header.type === "invalid") {
        socket.destroy();
        return;
      }
      socket.pause();
      forget();
      const rest = received.subarray(header.bytes);
      if (rest.length > 0) socket.unshift(rest);
      const { peer } = header;
      if (peer === "itself") done(own);
      else if (peer === "unknown") done({ ...own, local: false, proxy: own.address });
      else {
        const address = plainAddress(peer.address);
        done({ socket, address, port: peer.port, local: isLoopback(address), proxy: own.address });
      }
    };
    socket.on("error", ignore);
    socket.on("end", end);
    socket.on("close", forget);
    socket.on("data", read);
    socket.resume();
  }
}

function ignore(): void {}
