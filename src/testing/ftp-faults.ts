/**
 * What can go wrong between an FTP client and its server, on purpose.
 *
 * @module
 */

/** @inline */
interface Aim {
  /** A verb (`RETR`), an expression for the whole line (`/^RETR .*\.csv$/`), or `connect`. */
  readonly on: string | RegExp;
  /** How often it goes wrong. Default 1; `Infinity` is always. */
  readonly times?: number;
  /** How many that fit go well before. Default 0. */
  readonly after?: number;
}

/** @inline */
interface InTransfer {
  /**
   * In the transfer that the command begins, when so many bytes have gone through. Without it, at the command: the server
   * does not hear of it. Passive transfers without TLS only.
   */
  readonly afterBytes?: number;
  /** With `afterBytes`: the control connection suffers the same. Default false. */
  readonly control?: boolean;
}

/**
 * - `reply`: this line, or these, in place of the server's answer, and the server does not hear of the command.
 * - `delay`: later, and then as always.
 * - `close`, `reset`: the connection ends, politely or with RST.
 * - `stall`: it stays open and nothing comes any more.
 */
export type FtpFault =
  | (Aim & { readonly do: "reply"; readonly text: string })
  | (Aim & InTransfer & { readonly do: "delay"; readonly ms: number })
  | (Aim & InTransfer & { readonly do: "close" | "reset" | "stall" });

/** The faults that are still to come. */
export class FtpFaults {
  #waiting: { readonly fault: FtpFault; skip: number; left: number }[] = [];

  add(fault: FtpFault): void {
    this.#waiting.push({ fault, skip: fault.after ?? 0, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The fault for a line, which then has happened; `connect` for a new connection. */
  take(line: string): FtpFault | undefined {
    const verb = /^[A-Za-z]+/.exec(line)?.[0].toUpperCase();
    for (const entry of this.#waiting) {
      const { on } = entry.fault;
      const hit = typeof on === "string" ? on.toUpperCase() === verb : on.test(line);
      if (!hit || entry.left <= 0) continue;
      if (entry.skip > 0) {
        entry.skip--;
        continue;
      }
      entry.left--;
      return entry.fault;
    }
    return undefined;
  }
}
