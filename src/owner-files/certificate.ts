/**
 * A certificate and its key: given as text, kept in files, or made once and kept.
 *
 * @module
 */

import { createHash, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { PortholeError } from "../contracts/errors.ts";
import { exposure } from "./exposure.ts";
import { keepSelfSigned } from "./self-signed.ts";

/**
 * PEM text, PEM bytes, or the name of a file that holds PEM.
 *
 * @inline
 */
export type PemSource = string | Uint8Array;

/** Where a certificate comes from. */
export type CertificatePlace =
  | { readonly cert: PemSource; readonly key: PemSource; readonly passphrase?: string | undefined }
  /** Made once and kept in this directory; undefined: {@link defaultDirectory}. */
  | { readonly selfSignedIn: string | undefined };

/** What TLS needs, as it was read. */
export interface Certificate {
  /** PEM: the server's certificate, then those of its chain. */
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string | undefined;
  /** SHA-256 of the server's certificate, as `AB:CD:…`. */
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly expiresMs: number;
  /** Why the key may be no secret: names its file, the mode and the way out. Undefined: nothing speaks for that. */
  readonly exposed: string | undefined;
  /** Changes when something else would be read. */
  readonly version: string;
}

/**
 * Reads a certificate; a self-signed one is made when there is none yet.
 *
 * Rejects with {@link PortholeError} `PORTHOLE_ERR_CERTIFICATE`; the message names the file and holds nothing of it.
 */
export async function readCertificate(place: CertificatePlace): Promise<Certificate> {
  if ("selfSignedIn" in place) {
    const kept = await keepSelfSigned(place.selfSignedIn);
    return { ...describe("self-signed.pem", kept, kept, undefined, ""), exposed: undefined };
  }
  const version = await certificateVersion(place);
  const cert = await readPem("certificate", place.cert);
  const key = await readPem("key", place.key);
  const exposed = await exposedKey(place.key);
  return { ...describe(sourceName(place.cert), { cert }, { key }, place.passphrase, version), exposed };
}

/** What a source is called in messages: nothing of its contents. */
export function sourceName(source: PemSource): string {
  return isPem(source) ? "given as PEM" : (source as string);
}

/** What {@link Certificate.version} would be now; empty where nothing can change. Never rejects. */
export async function certificateVersion(place: CertificatePlace): Promise<string> {
  if ("selfSignedIn" in place) return "";
  const parts = await Promise.all(
    [place.cert, place.key].map(async (source) => {
      if (isPem(source)) return "";
      // Follows links: a renewed certificate often is another target of the same link.
      const found = await stat(source as string, { bigint: true }).catch(() => undefined);
      return found === undefined ? "missing" : `${found.ino}:${found.size}:${found.mtimeNs}`;
    }),
  );
  return parts.join("/");
}

function describe(
  name: string,
  { cert }: { readonly cert: string },
  { key }: { readonly key: string },
  passphrase: string | undefined,
  version: string,
): Omit<Certificate, "exposed"> {
  try {
    const { fingerprint256, validTo } = new X509Certificate(cert);
    const contents = createHash("sha256").update(cert).update(key).digest("hex");
    return {
      cert,
      key,
      passphrase,
      fingerprint: fingerprint256,
      expiresMs: Date.parse(validTo),
      version: version === "" ? contents : version,
    };
  } catch (cause) {
    throw new PortholeError(
      "PORTHOLE_ERR_CERTIFICATE",
      `the certificate ${name} is not PEM of an X.509 certificate, which begins with -----BEGIN CERTIFICATE-----`,
      { cause },
    );
  }
}

/** A group may read it: the system's certificates often have a group for their servers. */
async function exposedKey(source: PemSource): Promise<string | undefined> {
  if (isPem(source)) return undefined;
  const found = await stat(source as string).catch(() => undefined);
  const why = found && exposure(found.mode);
  return why && `the key ${source}: ${why}`;
}

function isPem(source: PemSource): boolean {
  return typeof source !== "string" || source.includes("-----BEGIN");
}

async function readPem(what: string, source: PemSource): Promise<string> {
  if (typeof source !== "string") return Buffer.from(source).toString("latin1");
  if (isPem(source)) return source;
  try {
    return await readFile(source, "latin1");
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw new PortholeError("PORTHOLE_ERR_CERTIFICATE", `cannot read the ${what} ${source}: ${code}`, { cause });
  }
}
