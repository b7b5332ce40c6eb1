/**
 * The error classes that callers of Porthole can meet. Match on `code`, never on the text.
 *
 * @module
 */

/** Every code that Porthole throws or rejects with; each has a heading in `docs/errors.md`. */
export const ERROR_CODES = [
  "PORTHOLE_ERR_ARGUMENT",
  "PORTHOLE_ERR_STATE",
  "PORTHOLE_ERR_ADDRESS_IN_USE",
  "PORTHOLE_ERR_ADDRESS",
  "PORTHOLE_ERR_CERTIFICATE",
  "PORTHOLE_ERR_CONSOLE_BUSY",
  "PORTHOLE_ERR_HOST_GONE",
  "PORTHOLE_ERR_TASK_FAILED",
  "PORTHOLE_ERR_STORAGE",
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * What Porthole throws at its own caller, or rejects with when the outside fails.
 *
 * The message says what failed, the value and the way out; it is for the program's owner and is never sent to a peer.
 */
export class PortholeError extends Error {
  /** What to match on; it stays the same from version to version. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "PortholeError";
    this.code = code;
  }
}

/** Why a store could not do what it was asked; `protocol/ftp/replies.ts` turns each into a reply code. */
export type StorageErrorKind =
  | "not-found"
  | "exists"
  | "not-empty"
  | "is-directory"
  | "not-directory"
  | "denied"
  | "no-space"
  | "over-quota"
  | "too-large"
  | "bad-name"
  | "busy"
  | "gone"
  | "unsupported"
  | "failed";

/** A store's failure. Its message is for the log; `peerText`, when given, is what the client may be told. */
export class StorageError extends PortholeError {
  /** Which failure it is; the reply to the client is made from it (RFC 959 section 4.2). */
  readonly kind: StorageErrorKind;
  /** One line without CR or LF and without a host path; undefined: the reply's standard text is used. */
  readonly peerText: string | undefined;

  constructor(
    kind: StorageErrorKind,
    message: string,
    options: { readonly cause?: unknown; readonly peerText?: string } = {},
  ) {
    super("PORTHOLE_ERR_STORAGE", message, options);
    this.name = "StorageError";
    this.kind = kind;
    this.peerText = options.peerText;
  }
}

/**
 * An error as it crosses threads: a structured clone keeps message and stack but drops `code`, `kind` and the class.
 */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly kind?: StorageErrorKind;
  readonly peerText?: string;
}
