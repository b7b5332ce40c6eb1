/**
 * Listening for data connections (RFC 959 PASV, RFC 2428 EPSV): the ports, and one session's listener.
 *
 * @module
 */

import { createServer, type Server, type Socket } from "node:net";
import type { Arrivals } from "../arrivals.ts";
import { AcceptedConnection, offerAccepted } from "./accepted-connection.ts";

/** A range of ports that one server's sessions share; both ends belong to it. */
export class PortRange {
  readonly #from: number;
  readonly #to: number;
  readonly #used = new Set<number>();
  #next: number;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
    this.#next = from;
  }

  get size(): number {
    return this.#to - this.#from + 1;
  }

  /** Sets a port aside that no session holds; undefined when there is none. */
  acquire(): number | undefined {
    for (let i = 0; i < this.size; i++) {
      const port = this.#next;
      this.#next = port === this.#to ? this.#from : port + 1;
      if (this.#used.has(port)) continue;
      this.#used.add(port);
      return port;
    }
    return undefined;
  }

  release(port: number): void {
    this.#used.delete(port);
  }
}

export interface PassiveOptions {
  /** The local address that the client's control connection came to. */
  readonly localAddress: string;
  /** Only from here a data connection is taken; others are closed at once and get nothing. */
  readonly peerAddress: string;
  /** Says whose a connection is that a proxy makes. */
  readonly arrivals: Arrivals;
  /** Undefined: any free port. */
  readonly ports: PortRange | undefined;
  /** Keep listening between transfers, so that the next one need not make a listener. */
  readonly reuse: boolean;
}

/**
 * One session's passive listener. It is announced once for each transfer; the connection that comes is kept until the
 * transfer takes it. The listener stays for the next announcement when the one before was used up, so that a connection
 * which belongs to an older announcement can never be taken for the newest one.
 */
export class PassiveListener {
  readonly #options: PassiveOptions;
  #server: Server | undefined;
  #port = 0;
  #announced = false;
  #early: Socket | AcceptedConnection | undefined;
  #waiting: ((socket: Socket) => void) | undefined;
  /** Counts announcements, so that one that came in later wins over one that is still being made. */
  #turn = 0;

  constructor(options: PassiveOptions) {
    this.#options = options;
  }

  /** The connection for the newest announcement is there already. */
  get connected(): boolean {
    return this.#early !== undefined;
  }

  /** An announced port waits for its connection. */
  get listening(): boolean {
    return this.#announced;
  }

  /**
   * Announces a port for the next data connection; what came for an older announcement is closed.
   *
   * @returns the port, at once when there is a listener already; undefined when none is free or a later call won.
   */
  announce(): number | Promise<number | undefined> {
    const turn = ++this.#turn;
    const usedUp = !this.#announced;
    this.#dropEarly();
    if (this.#server !== undefined && usedUp) {
      this.#announced = true;
      return this.#port;
    }
    this.#stopListening();
    return this.#announceAnother(turn);
  }

  async #announceAnother(turn: number): Promise<number | undefined> {
    const listening = await this.#listen();
    if (listening === undefined) return undefined;
    if (turn !== this.#turn) {
      this.#closeServer(listening.server, listening.port);
      return undefined;
    }
    this.#server = listening.server;
    this.#port = listening.port;
    this.#announced = true;
    return listening.port;
  }

  /** Hands over the connection for the newest announcement, now or when it comes; only one caller at a time. */
  take(done: (socket: Socket) => void): void {
    const early = this.#early;
    this.#early = undefined;
    if (early === undefined) this.#waiting = done;
    else this.#handOver(socketOf(early), done);
  }

  /** Hands over the connection that has come already. */
  takeArrived(): Socket | undefined {
    if (this.#early === undefined) return undefined;
    let arrived: Socket | undefined;
    this.take((socket) => {
      arrived = socket;
    });
    return arrived;
  }

  /** Hands over the connection that has come already, if Node has made no socket of it yet. */
  takeAccepted(): AcceptedConnection | undefined {
    const early = this.#early;
    if (!(early instanceof AcceptedConnection)) return undefined;
    this.#early = undefined;
    this.#usedUp();
    return early;
  }

  /** Ends a `take` that waits; the announcement is used up. */
  cancel(): void {
    this.#waiting = undefined;
    this.#stopListening();
  }

  close(): void {
    this.#turn++;
    this.#waiting = undefined;
    this.#dropEarly();
    this.#stopListening();
  }

  #handOver(socket: Socket, done: (socket: Socket) => void): void {
    this.#waiting = undefined;
    this.#usedUp();
    done(socket);
  }

  #usedUp(): void {
    this.#announced = false;
    if (!this.#options.reuse) this.#stopListening();
  }

  #dropEarly(): void {
    const early = this.#early;
    this.#early = undefined;
    if (early instanceof AcceptedConnection) early.close();
    else early?.destroy();
  }

  #stopListening(): void {
    this.#announced = false;
    if (this.#server !== undefined) this.#closeServer(this.#server, this.#port);
    this.#server = undefined;
  }

  #closeServer(server: Server, port: number): void {
    server.close();
    this.#options.ports?.release(port);
  }

  /** Keeps a connection that a transfer is going to take, and of which nothing has to be found out. */
  #keepAccepted(server: Server, accepted: AcceptedConnection): boolean {
    if (!this.#expects(server) || this.#waiting !== undefined) return false;
    const { address } = accepted;
    if (address !== this.#options.peerAddress || this.#options.arrivals.isProxy(address)) return false;
    this.#dropEarly();
    this.#early = accepted;
    return true;
  }

  #accept(server: Server, socket: Socket): void {
    socket.on("error", ignore);
    if (!this.#expects(server)) socket.destroy();
    else this.#options.arrivals.admit(socket, ({ address }) => this.#admit(server, socket, address));
  }

  #expects(server: Server): boolean {
    return server === this.#server && this.#announced;
  }

  #admit(server: Server, socket: Socket, address: string): void {
    if (!this.#expects(server) || address !== this.#options.peerAddress) {
      socket.destroy();
      return;
    }
    if (this.#waiting !== undefined) this.#handOver(socket, this.#waiting);
    else {
      this.#dropEarly();
      this.#early = socket;
    }
  }

  async #listen(): Promise<{ readonly server: Server; readonly port: number } | undefined> {
    const { ports } = this.#options;
    if (ports === undefined) return this.#listenOn(0);
    for (let tries = ports.size; tries > 0; tries--) {
      const port = ports.acquire();
      if (port === undefined) return undefined;
      const listening = await this.#listenOn(port);
      if (listening !== undefined) return listening;
      ports.release(port);
    }
    return undefined;
  }

  #listenOn(port: number): Promise<{ readonly server: Server; readonly port: number } | undefined> {
    return new Promise((resolve) => {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
        this.#accept(server, socket);
      });
      server.once("error", () => {
        server.close(ignore);
        resolve(undefined);
      });
      server.listen({ port, host: this.#options.localAddress, backlog: 5, exclusive: true }, () => {
        server.removeAllListeners("error").on("error", ignore); // a failed accept: the client tries again
        offerAccepted(server, (accepted) => this.#keepAccepted(server, accepted));
        const address = server.address();
        resolve({ server, port: address !== null && typeof address === "object" ? address.port : port });
      });
    });
  }
}

function socketOf(early: Socket | AcceptedConnection): Socket {
  return early instanceof AcceptedConnection ? early.toSocket().on("error", ignore) : early;
}

function ignore(): void {}
