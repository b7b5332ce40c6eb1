/**
 * A REPL that remote users can sit at, and the terminal they sit at. Bytes are pushed in both directions, so that a
 * busy program's output can be handed on while its own event loop stands still.
 *
 * @module
 */

/** A terminal's size in character cells; each 1 to 65,535. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Why a remote user is at the prompt no longer.
 *
 * - `left`: closed the connection
 * - `evicted`: Ctrl-T on the local terminal, or `kick()`
 * - `taken-over`: by another user with the right password
 * - `timeout`: no key and no output for `timeout` seconds
 * - `stopped`: the server was stopped by force
 * - `exited`: the REPL ended itself (`.exit`)
 */
export type LeaveReason =
  | "left" // closed the connection
  | "evicted" // Ctrl-T on the local terminal
  | "taken-over" // by another user with the right password
  | "timeout"
  | "stopped" // the server was stopped by force
  | "exited"; // the REPL ended itself (`.exit`)

/** What a remote user looks at. Made by a server, given to {@link ReplHost.open}. */
export interface RemoteTerminal {
  /** Address and port, for messages: `192.0.2.7:50312`. */
  readonly peer: string;
  /** The name that the user logged in with. */
  readonly user: string;
  /** Terminal type as of RFC 1091 in lower case (`xterm-256color`), or `unknown`. */
  readonly type: string;
  /** As of NAWS (RFC 1073) at this moment, or 80 by 24. */
  readonly size: WindowSize;
  /**
   * Shows bytes, as a raw terminal takes them: a new line is CR LF. The bytes may be reused after the call.
   *
   * @returns undefined when more may come at once, else a promise to wait for. A terminal that belongs to another
   * thread blocks the caller instead.
   */
  write(bytes: Uint8Array): undefined | Promise<void>;
  /** Sends what was written now, not with what else this turn of the event loop brings. Left out, that is always so. */
  flush?(): void;
  /** The REPL says that the session is over, for example after `.exit`; called at most once. */
  end(reason: LeaveReason): void;
}

/**
 * What a prompt would show of the keys that come next. It holds as long as nothing is written to the terminal, the
 * terminal keeps its size, and no other keys are taken than these.
 */
export interface KeyEcho {
  /**
   * So many printable ASCII characters (32 to 126), of whatever kind, would each be shown as they are at the cursor,
   * which moves one column to the right and stays in its row.
   */
  readonly insert: number;
  /**
   * So many Backspaces (127) would each take away the character to the left of the cursor, one column wide and in the
   * same row. The characters of {@link insert} can be taken away, too: they are not counted here.
   */
  readonly erase: number;
}

/** A remote user's seat at the REPL. */
export interface ReplSession {
  /**
   * Takes keys, in order; UTF-8, a Return is CR.
   *
   * @returns undefined when more may come at once, else a promise: that is the back-pressure for a paste.
   */
  input(bytes: Uint8Array): undefined | Promise<void>;
  /**
   * Says what the next keys would look like, so that a server in another thread can show them while the program is
   * busy. Asked when all keys so far were taken, and often: it has to be quick. Left out, keys are shown when the REPL
   * shows them.
   *
   * @returns undefined when that can't be said: other keys than these two kinds come to mind, a search, half a sequence.
   */
  echo?(): KeyEcho | undefined;
  /**
   * As {@link input}, with keys that are on the screen already, as {@link echo} has foretold them; nothing was written
   * since. They are not to be shown again. Needed by who has `echo`.
   */
  inputShown?(bytes: Uint8Array): undefined | Promise<void>;
  /** The terminal has another size now. */
  resize(size: WindowSize): void;
  /** Stops what runs: Ctrl-C, or IP and BRK of RFC 854. At an idle prompt it is an ordinary Ctrl-C key. */
  interrupt(): void;
  /**
   * Gives the seat back. Nothing is written to the terminal afterwards. Called once, also after the REPL itself has
   * ended the session by {@link RemoteTerminal.end}, perhaps from within that call.
   */
  close(reason: LeaveReason): void;
}

/**
 * A REPL that users can be seated at: what `createTelnetServer` needs. `repl().host` and `openBoard().host` are two.
 */
export interface ReplHost {
  /** Shown in the banner: `MicroPython`, `Node.js`, the program's name. */
  readonly name: string;
  /** Shown behind the name: `v20.11.0`. */
  readonly version: string;
  /**
   * Seats a remote user. Only one sits at a time.
   *
   * @throws {@link PortholeError} `PORTHOLE_ERR_CONSOLE_BUSY` when the seat is taken.
   */
  open(terminal: RemoteTerminal): ReplSession;
}

/** Who the REPL's keys come from and its output goes to. */
export type ConsoleOwner =
  | { readonly who: "local" }
  | { readonly who: "remote"; readonly peer: string; readonly user: string };
