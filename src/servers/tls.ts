/**
 * What a server shows of itself under TLS: one certificate and one set of ticket keys for all of its connections, so
 * that a session can be resumed on another connection, in TLS 1.2 and in TLS 1.3.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import { PortholeError } from "../contracts/errors.ts";
import type { CertificateEvent, ServerFailure } from "../contracts/events.ts";
import { LIMITS } from "../contracts/limits.ts";
import { type Certificate, certificateVersion, readCertificate, sourceName } from "../owner-files/certificate.ts";
import { nodeTls } from "./node-tls.ts";
import { secureContext, type TlsMaterial } from "./tls-material.ts";
import type { TlsSettings } from "./tls-settings.ts";

/** What connections are secured with. */
export interface TlsContext {
  readonly current: SecureContext;
}

/** What one control connection and its data connections are secured with, in this thread or in another one. */
export interface SessionTls extends TlsContext {
  readonly material: TlsMaterial;
}

/** Why a data connection is not secure: no right handshake, or none that resumes the control connection's session. */
export type HandshakeFailure = "no-data-connection" | "session-not-reused";

/** Tickets of older keys are not resumed: who learns the keys later can read so much of what was sent, and no more. */
const TICKET_KEYS_MS = 12 * 3_600_000;

export class TlsIdentity implements TlsContext {
  readonly settings: TlsSettings;
  readonly #emit: (event: CertificateEvent | ServerFailure) => void;
  readonly #now: () => number;
  #material: TlsMaterial;
  #ticketKeysSinceMs: number;
  #certificate: Certificate;
  #context: SecureContext;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    settings: TlsSettings,
    certificate: Certificate,
    emit: (event: CertificateEvent | ServerFailure) => void,
    now: () => number,
  ) {
    this.settings = settings;
    this.#now = now;
    this.#ticketKeysSinceMs = now();
    this.#emit = emit;
    this.#certificate = certificate;
    this.#material = materialOf(certificate, randomBytes(48));
    this.#context = this.#contextOf(this.#material);
  }

  /**
   * Reads the certificate and goes on looking for a newer one until `close()`.
   *
   * Rejects with {@link PortholeError} `PORTHOLE_ERR_CERTIFICATE`.
   *
   * @param now - Milliseconds on a clock that only goes on.
   */
  static async open(
    settings: TlsSettings,
    emit: (event: CertificateEvent | ServerFailure) => void,
    now: () => number = () => performance.now(),
  ): Promise<TlsIdentity> {
    const identity = new TlsIdentity(settings, await readCertificate(settings.place), emit, now);
    identity.#tell();
    identity.#lookLater();
    return identity;
  }

  get current(): SecureContext {
    if (this.#now() - this.#ticketKeysSinceMs >= TICKET_KEYS_MS) {
      this.#material = materialOf(this.#certificate, randomBytes(48));
      this.#ticketKeysSinceMs = this.#now();
      this.#context = this.#contextOf(this.#material);
    }
    return this.#context;
  }

  /**
   * The context for one control connection and its data connections, as it is now: a session is resumed for as long as the
   * control connection stays. Where session reuse is required, with ticket keys that no other one has.
   */
  forSession(): SessionTls {
    const { current } = this;
    if (this.settings.sessionReuse === "offered") return { current, material: this.#material };
    const material = materialOf(this.#certificate, randomBytes(48));
    return { current: this.#contextOf(material), material };
  }

  /** Looks for a newer certificate now; what cannot be used is told as an `error` event, and the old one stays. */
  async reload(): Promise<void> {
    const { place } = this.settings;
    try {
      const version = await certificateVersion(place);
      if (version === "" || version === this.#certificate.version) return;
      const certificate = await readCertificate(place);
      const material = materialOf(certificate, this.#material.ticketKeys);
      this.#context = this.#contextOf(material);
      this.#material = material;
      this.#certificate = certificate;
      this.#tell();
    } catch (error) {
      // Half of it may be written yet: the next look finds the rest.
      this.#emit({ type: "error", message: `the certificate was not reloaded: ${(error as Error).message}` });
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookLater(): void {
    if (this.settings.reloadMs === 0) return;
    this.#timer = setTimeout(() => {
      void this.reload().then(() => {
        if (this.#timer !== undefined) this.#lookLater();
      });
    }, this.settings.reloadMs).unref();
  }

  #tell(): void {
    const { fingerprint, expiresMs, exposed } = this.#certificate;
    const selfSigned = "selfSignedIn" in this.settings.place;
    this.#emit({ type: "certificate", fingerprint, expiresMs, selfSigned });
    if (exposed !== undefined) this.#emit({ type: "error", message: exposed });
  }

  #contextOf(material: TlsMaterial): SecureContext {
    try {
      return secureContext(material);
    } catch (cause) {
      throw new PortholeError("PORTHOLE_ERR_CERTIFICATE", unusable(this.settings.place, cause), { cause });
    }
  }
}

function materialOf({ cert, key, passphrase }: Certificate, ticketKeys: Uint8Array): TlsMaterial {
  return { cert, key, passphrase, ticketKeys };
}

/** What is wrong with a certificate that was read, and its key. */
function unusable(place: TlsSettings["place"], cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? "not PEM";
  if ("selfSignedIn" in place)
    return `the self-signed certificate cannot be used: ${code}; remove it to have a new one`;
  const [cert, key] = [sourceName(place.cert), sourceName(place.key)];
  if (code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH") {
    return `the key ${key} does not belong to the certificate ${cert}; give the two that were made together`;
  }
  return `the certificate ${cert} and the key ${key} cannot be used: ${code}; a key in PEM is needed, and its passphrase`;
}

/**
 * The server's end of TLS on a connection whose plain bytes nobody reads any more. What is written before the handshake
 * waits for it. A failed handshake closes the connection, and so does one that takes longer than
 * `LIMITS.tlsHandshakeSeconds` or `mostMs`.
 *
 * @param late - Called before the connection is closed for that: nobody else can tell it from one that the peer closed.
 */
export function secureSocket(socket: Socket, context: TlsContext, mostMs: number, late: () => void): TLSSocket {
  const secured = new (nodeTls().TLSSocket)(socket, { isServer: true, secureContext: context.current });
  const giveUp = (): void => {
    late();
    secured.destroy();
  };
  const timer = setTimeout(giveUp, Math.min(mostMs, LIMITS.tlsHandshakeSeconds.value * 1000));
  const forget = (): void => clearTimeout(timer);
  secured.once("secure", forget);
  secured.once("close", forget);
  socket.on("error", () => secured.destroy()); // a reset during the handshake
  return secured;
}
