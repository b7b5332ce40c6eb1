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

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  get [Symbol.toStringTag](): string {
    return "***";
  }
}

export type Right = "read" | "write" | "delete" | "rename" | "make-directory" | "list";

/** What a successful login is told about the account. */
export interface Account {
  readonly user: string;
  /** What the account may do over FTP. */
  readonly rights: ReadonlySet<Right>;
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
