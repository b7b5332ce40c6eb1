/**
 * What a TLS context is made of, as plain data: so every thread of a server makes the same one, and a session that was
 * begun in one is resumed in another.
 *
 * @module
 */

import { constants } from "node:crypto";
import type { SecureContext } from "node:tls";
import { nodeTls } from "./node-tls.ts";

export interface TlsMaterial {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string | undefined;
  /** 48 octets: what sessions are resumed with. */
  readonly ticketKeys: Uint8Array;
}

/** Throws what OpenSSL says when it cannot be used. */
export function secureContext({ cert, key, passphrase, ticketKeys }: TlsMaterial): SecureContext {
  return nodeTls().createSecureContext({
    cert,
    key,
    ...(passphrase === undefined ? {} : { passphrase }),
    minVersion: "TLSv1.2",
    ticketKeys: Buffer.from(ticketKeys),
    sessionIdContext: "porthole",
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
  });
}
