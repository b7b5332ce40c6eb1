/**
 * Who may log in.
 *
 * @module
 */

/** Text that must not be seen: prints as `***` wherever it is printed. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself; compare it in constant time only. */
  reveal(): string {
    return this.#text;
  }

  /** Always `***`. */
  toString(): string {
    return "***";
  }

  /** Always `***`. */
  toJSON(): string {
    return "***";
  }

  /** Always `***`. */
  get [Symbol.toStringTag](): string {
    return "***";
  }
}

/** `prompt`: the seat at the REPL, which is every right that the program has. All others are about files. */
export type Right = "read" | "write" | "delete" | "rename" | "make-directory" | "list" | "prompt";

/** What an account may use up; what is undefined is not bounded. */
export interface AccountLimits {
  /** Bytes a second, all of the account's FTP transfers together. */
  readonly uploadBytesPerSecond?: number | undefined;
  /** Bytes a second, all of the account's transfers together. */
  readonly downloadBytesPerSecond?: number | undefined;
  /** Sessions at once, of FTP and Telnet together where both servers belong to one `guardGroup`. */
  readonly sessions?: number | undefined;
  /** Bytes of all files below the account's root. */
  readonly quotaBytes?: number | undefined;
  /** Bytes of one file, as the server's option of that name; the smaller of both counts. */
  readonly maxUploadBytes?: number | undefined;
}

/** What a successful login is told about the account. */
export interface Account {
  /** The name as it logged in, for events and logs. */
  readonly user: string;
  /** What the account may do. */
  readonly rights: ReadonlySet<Right>;
  /** The directory of the store that the account sees as `/`. Default: the store's own root. */
  readonly root?: string | undefined;
  /** What it may use up. Default: no bounds but the server's. */
  readonly limits?: AccountLimits | undefined;
  /** True for a guest, whose password nobody has looked at. */
  readonly anonymous?: boolean | undefined;
}

/**
 * Checks a user name and a password; undefined when they are wrong. Takes the same time for a wrong name as for a wrong
 * password.
 */
export type Authenticate = (
  user: string,
  password: Secret,
  peer: { readonly address: string; readonly service: "telnet" | "ftp" },
) => Promise<Account | undefined>;
