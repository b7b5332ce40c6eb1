/**
 * Where one session's data connections come from: its passive listener, or the address that PORT or EPRT named.
 *
 * @module
 */

import { connect, isIPv4, type Socket } from "node:net";
import type { FtpDataState } from "../../contracts/task.ts";
import type { HandshakeFailure, SessionTls } from "../tls.ts";
import type { AcceptedConnection } from "./accepted-connection.ts";
import type { CipherThreads } from "./cipher/cipher-threads.ts";
import type { DataSocket } from "./data-socket.ts";
import { PassiveListener, type PassiveOptions } from "./passive.ts";

export interface DataPortOptions extends PassiveOptions {
  /** From the transfer command to the connection. */
  readonly connectMs: number;
  /**
   * The IPv4 address that PASV tells, for a server behind NAT; undefined: the one that the client came to. EPSV tells
   * no address (RFC 2428 §3).
   */
  readonly announcedHost: () => Promise<string | undefined>;
  /** A private connection is taken only when it resumes the control connection's TLS session. */
  readonly reuseRequired: boolean;
  readonly ciphers: CipherThreads;
}

/** The connection for a transfer, or why there is none. */
export type OpenedData =
  | { readonly socket: DataSocket; readonly failure?: undefined }
  | { readonly socket?: undefined; readonly failure: HandshakeFailure };

/** Where the client is to connect to. */
export type Announced = { readonly host: string; readonly port: number } | undefined;

export class DataPort {
  readonly #options: DataPortOptions;
  #passive: PassiveListener | undefined;
  #active: { readonly host: string; readonly port: number } | undefined;
  #tls: SessionTls | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: DataPortOptions) {
    this.#options = options;
  }

  /** As the device tells it, but for an open connection, which is the transfer's. */
  get state(): FtpDataState {
    return this.#passive?.listening === true ? 1 : 0;
  }

  /** `open()` has what it needs: a connection that came, or an address to connect to. */
  get ready(): boolean {
    return this.#active !== undefined || this.#passive?.connected === true;
  }

  /** PASV or EPSV: undefined when there is no port, or no address that PASV can tell. */
  listen(extended: boolean): Announced | Promise<Announced> {
    this.#active = undefined;
    const { localAddress } = this.#options;
    if (localAddress === "") return undefined; // the client has gone: there is no address that it came to
    return extended ? this.#announce(localAddress) : this.#announceTold();
  }

  async #announceTold(): Promise<Announced> {
    const { localAddress, announcedHost } = this.#options;
    const host = (await announcedHost()) ?? localAddress;
    return isIPv4(host) ? this.#announce(host) : undefined;
  }

  #announce(host: string): Announced | Promise<Announced> {
    this.#passive ??= new PassiveListener(this.#options);
    const port = this.#passive.announce();
    if (typeof port === "number") return { host, port };
    return port.then((found) => (found === undefined ? undefined : { host, port: found }));
  }

  /** PORT or EPRT. */
  connectTo(host: string, port: number): void {
    this.#passive?.close();
    this.#passive = undefined;
    this.#active = { host, port };
  }

  /** Whether connections are private from now on (PROT); undefined: they are not. */
  protect(context: SessionTls | undefined): void {
    this.#tls = context;
  }

  /**
   * The connection for a transfer that begins, after the TLS handshake where connections are private. There is none
   * when it does not come about in time, or after `cancel()`.
   *
   * @param receives - The client is going to send.
   * @param worth - So many bytes may come or go that another thread may do what encryption they need.
   */
  open(receives: boolean, worth: boolean): Promise<OpenedData> {
    const context = this.#tls;
    return new Promise((resolve) => {
      const finish = (opened: OpenedData): void => {
        clearTimeout(timer);
        this.#cancel = undefined;
        resolve(opened);
      };
      const timer = setTimeout(() => this.cancel(), this.#options.connectMs);
      this.#plain((plain) => {
        if (plain === undefined) finish({ failure: "no-data-connection" });
        else if (context === undefined) finish({ socket: plain });
        else {
          const { reuseRequired, ciphers } = this.#options;
          const { socket, handshake } = ciphers.secure(plain, context, { receives, reuseRequired, worth });
          this.#cancel = () => socket.destroy();
          void handshake.then((failure) => finish(failure === undefined ? { socket } : { failure }));
        }
      });
    });
  }

  /** Gives a connection, or undefined when none comes about. */
  #plain(give: (socket: Socket | undefined) => void): void {
    if (this.#active !== undefined) {
      const { host, port } = this.#active;
      this.#active = undefined;
      const socket = connect({ host, port, localAddress: this.#options.localAddress, allowHalfOpen: true });
      this.#cancel = () => {
        this.#cancel = undefined;
        socket.destroy();
        give(undefined);
      };
      socket.on("error", () => this.#cancel?.());
      socket.once("connect", () => {
        socket.removeAllListeners("error").on("error", ignore);
        give(socket);
      });
      return;
    }
    const passive = this.#passive;
    this.#cancel = () => {
      this.#cancel = undefined;
      passive?.cancel();
      give(undefined);
    };
    if (passive === undefined) this.#cancel();
    else passive.take(give);
  }

  /**
   * The connection for a transfer that begins, when it has come already and is not going to be private: its bytes can
   * go as they are.
   */
  takePlain(): Socket | undefined {
    if (this.#tls !== undefined || this.#active !== undefined) return undefined;
    return this.#passive?.takeArrived();
  }

  /** The same, if Node has made no socket of it yet. */
  takeAccepted(): AcceptedConnection | undefined {
    if (this.#tls !== undefined || this.#active !== undefined) return undefined;
    return this.#passive?.takeAccepted();
  }

  /** Ends an `open` that waits: it gives undefined. */
  cancel(): void {
    this.#cancel?.();
  }

  /** Forgets everything and closes the listener; usable afterwards. */
  reset(): void {
    this.cancel();
    this.#passive?.close();
    this.#passive = undefined;
    this.#active = undefined;
  }
}

function ignore(): void {}
