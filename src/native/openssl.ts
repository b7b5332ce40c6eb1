/**
 * TLS by Node's own OpenSSL, without Node's streams around it: bytes go in and come out by hand, at half the cost of an
 * upload's.
 *
 * @module
 */

import type { SecureContext } from "node:tls";
import { inspect } from "node:util";
import type * as Koffi from "koffi";

/** What became of bytes that were to be decrypted, where it is no count of them. */
export const SecureRead = {
  /** More has to come first. */
  NOTHING: 0,
  /** The peer has sent close_notify (RFC 8446 §6.1, RFC 5246 §7.2.1): nothing follows. */
  ENDED: -1,
  /** Nothing that follows can be trusted. */
  FAILED: -2,
} as const;

/** The server's end of one TLS connection by which a client sends. Nothing waits here, and nobody but the caller moves the bytes. */
export interface SecureLink {
  /** The client has resumed a session. Only after the handshake. */
  readonly isResumed: boolean;
  /** Takes what has come from the network, all of it. */
  receive(bytes: Uint8Array): void;
  /** Goes on with the handshake: true when it is done, false when more has to come first. Throws when it has failed. */
  handshake(): boolean;
  /** Decrypts into the target, at most one record; a count, or one of {@link SecureRead}. */
  read(target: Uint8Array): number;
  /** Says close_notify. */
  end(): void;
  /** Takes bytes for the network. @returns how many; 0: there are none. */
  takeOutput(target: Uint8Array): number;
  /** Lets go of everything; nothing may be called after it. */
  free(): void;
}

/**
 * @param context - Has never secured a socket of Node's, which leaves its own callbacks there; it is kept as long as the
 * link.
 * @returns undefined where Node does not show what it has.
 */
export type AcceptSecure = (context: SecureContext) => SecureLink | undefined;

const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_ZERO_RETURN = 6;
/** SSL_CTRL_MODE and SSL_MODE_RELEASE_BUFFERS: an idle connection holds no record's memory. */
const CTRL_MODE = 33;
const MODE_RELEASE_BUFFERS = 0x10;
const VERSION_TEXT = 0;

/** Undefined where this is no OpenSSL, another one than Node's, or one that lacks one of the calls. */
export function bindOpenSsl(library: Koffi.LibraryHandle): AcceptSecure | undefined {
  try {
    return bind(library);
  } catch {
    return undefined;
  }
}

function bind(library: Koffi.LibraryHandle): AcceptSecure | undefined {
  const version = library.func("const char *OpenSSL_version(int what)");
  if (!isVersion(String(version(VERSION_TEXT)), process.versions["openssl"] ?? "none")) return undefined;
  const create = library.func("void *SSL_new(void *context)");
  const control = library.func("long SSL_ctrl(void *link, int command, long number, void *pointer)");
  const setBios = library.func("void SSL_set_bio(void *link, void *from, void *to)");
  const acceptState = library.func("void SSL_set_accept_state(void *link)");
  const doHandshake = library.func("int SSL_do_handshake(void *link)");
  const read = library.func("int SSL_read(void *link, uint8_t *to, int count)");
  const shutdown = library.func("int SSL_shutdown(void *link)");
  const getError = library.func("int SSL_get_error(void *link, int result)");
  const isReused = library.func("int SSL_session_reused(void *link)");
  const freeLink = library.func("void SSL_free(void *link)");
  const memoryBio = library.func("void *BIO_s_mem()");
  const createBio = library.func("void *BIO_new(void *kind)");
  const freeBio = library.func("int BIO_free(void *bio)");
  const bioRead = library.func("int BIO_read(void *bio, uint8_t *to, int count)");
  const bioWrite = library.func("int BIO_write(void *bio, uint8_t *from, int count)");
  const clearErrors = library.func("void ERR_clear_error()");

  return (context) => {
    const address = addressOf(context);
    if (address === undefined) return undefined;
    const link = create(address);
    const [from, to] = [createBio(memoryBio()), createBio(memoryBio())];
    if (!link || !from || !to) {
      if (link) freeLink(link);
      for (const bio of [from, to]) if (bio) freeBio(bio);
      clearErrors();
      return undefined;
    }
    setBios(link, from, to); // they are the link's now
    control(link, CTRL_MODE, MODE_RELEASE_BUFFERS, null);
    acceptState(link);
    /** Its tickets' keys are used as long as there is a link; freeing it ends that. */
    let kept: SecureContext | undefined = context;

    const failed = (what: string): Error => {
      clearErrors(); // they are the whole thread's
      return new Error(kept === undefined ? `bug: ${what} after the end` : `TLS: ${what} failed`);
    };
    return {
      get isResumed() {
        return kept !== undefined && isReused(link) === 1;
      },
      receive(bytes) {
        if (kept === undefined || bioWrite(from, bytes, bytes.length) !== bytes.length) throw failed("receiving");
      },
      handshake() {
        if (kept === undefined) throw failed("a handshake");
        clearErrors();
        const result = doHandshake(link);
        if (result === 1) return true;
        if (getError(link, result) === SSL_ERROR_WANT_READ) return false;
        throw failed("the handshake");
      },
      read(target) {
        if (kept === undefined) throw failed("reading");
        clearErrors();
        const result = read(link, target, target.length);
        if (result > 0) return result;
        const why = getError(link, result);
        clearErrors();
        if (why === SSL_ERROR_WANT_READ) return SecureRead.NOTHING;
        return why === SSL_ERROR_ZERO_RETURN ? SecureRead.ENDED : SecureRead.FAILED;
      },
      end() {
        if (kept === undefined) throw failed("an end");
        clearErrors();
        shutdown(link);
        clearErrors();
      },
      takeOutput: (target) => (kept === undefined ? 0 : Math.max(0, bioRead(to, target, target.length))),
      free() {
        if (kept !== undefined) freeLink(link);
        kept = undefined;
      },
    };
  };
}

/** Whether OpenSSL's text is that of a version as Node tells it, with what is behind a plus sign or without. */
export function isVersion(text: string, version: string): boolean {
  return [version, version.split("+")[0]].some((told) => text.startsWith(`OpenSSL ${told} `));
}

/** Where Node has the SSL_CTX: nothing but its text tells it. */
function addressOf(context: SecureContext): bigint | undefined {
  const { _external: external } = context.context as { readonly _external?: unknown };
  const hex = /^\[External: ([0-9a-f]{4,16})\]$/.exec(inspect(external))?.[1];
  return hex === undefined ? undefined : BigInt(`0x${hex}`);
}
