/**
 * The option `tls`, the same for both servers, and what it means when it does not say all.
 *
 * @module
 */

import type { CertificatePlace, PemSource } from "../owner-files/certificate.ts";

/**
 * Encrypted connections. `"self-signed"` makes a certificate once and keeps it; its fingerprint is in the event
 * `certificate`.
 */
export type TlsOption = "self-signed" | TlsOptions;

/** Which certificate is shown, and what has to be encrypted. The page "Users and TLS" shows it in use. */
export interface TlsOptions {
  /** PEM, or the name of a PEM file: the certificate and its chain. Not with `selfSigned`. */
  readonly cert?: PemSource | undefined;
  /** PEM, or the name of a PEM file. */
  readonly key?: PemSource | undefined;
  /** Of an encrypted key. */
  readonly passphrase?: string | undefined;
  /** In place of `cert` and `key`: true, or the directory to keep it in. Default directory: `~/.config/porthole`. */
  readonly selfSigned?: boolean | string | undefined;
  /** FTP: no login and no transfer without encryption. Telnet: always so, since the whole port is encrypted. Default false. */
  readonly required?: boolean | undefined;
  /** FTP: encrypted from the first byte, as on port 990, without AUTH TLS. Default false. */
  readonly implicit?: boolean | undefined;
  /**
   * FTP: `"required"` takes an encrypted data connection only when it resumes the TLS session of its control connection,
   * which nobody else can. Some clients can't. Default `"offered"`.
   */
  readonly sessionReuse?: "offered" | "required" | undefined;
  /** Seconds between two looks at whether the files have changed, 1 to 86,400; 0: never looks. Default 10. */
  readonly reloadSeconds?: number | undefined;
}

/** The option with its defaults: plain data. */
export interface TlsSettings {
  readonly place: CertificatePlace;
  readonly required: boolean;
  readonly implicit: boolean;
  readonly sessionReuse: "offered" | "required";
  readonly reloadMs: number;
}

/** Fills in the defaults of options that are right. */
export function tlsSettings(options: TlsOptions): TlsSettings {
  const { cert, key, passphrase, selfSigned } = options;
  const place: CertificatePlace =
    cert !== undefined && key !== undefined
      ? { cert, key, ...(passphrase === undefined ? {} : { passphrase }) }
      : { selfSignedIn: typeof selfSigned === "string" ? selfSigned : undefined };
  return {
    place,
    required: options.required ?? false,
    implicit: options.implicit ?? false,
    sessionReuse: options.sessionReuse ?? "offered",
    reloadMs: (options.reloadSeconds ?? 10) * 1000,
  };
}
