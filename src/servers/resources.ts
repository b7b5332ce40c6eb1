/**
 * What a server holds from its start to its close, beside sockets: the certificate, the audit trail, the shared counts
 * of wrong logins and of sessions.
 *
 * @module
 */

import type { FtpServerEvent, TelnetServerEvent } from "../contracts/events.ts";
import { type AccountSessions, createAccountSessions } from "./account-sessions.ts";
import { type Announcement, announce } from "./announcement.ts";
import { type Audit, openAudit } from "./audit.ts";
import { createSharedGuard, type SharedGuard } from "./shared-guard.ts";
import { TlsIdentity } from "./tls.ts";
import type { TlsSettings } from "./tls-settings.ts";
import type { Users } from "./users.ts";

/** The events that both servers have. */
type CommonEvent = Extract<FtpServerEvent & TelnetServerEvent, { readonly type: "certificate" | "error" }>;

export interface ResourceOptions {
  readonly service: "telnet" | "ftp";
  readonly settings: {
    readonly tls?: TlsSettings | undefined;
    readonly auditLog?: string | undefined;
    readonly xferlog?: string | undefined;
    readonly guardGroup?: string | undefined;
    readonly announce?: boolean | string | undefined;
  };
  readonly emit: (event: CommonEvent) => void;
  /** The clock of the guard; and, for the audit trail, milliseconds since 1970. */
  readonly guardNow: () => number;
  readonly now: () => number;
}

export class Resources {
  readonly guard: SharedGuard;
  readonly sessions: AccountSessions;
  readonly #options: ResourceOptions;
  #tls: TlsIdentity | undefined;
  #audit: Audit | undefined;
  #announcement: Announcement | undefined;

  constructor(options: ResourceOptions) {
    this.#options = options;
    this.guard = createSharedGuard(options.settings.guardGroup, options.guardNow);
    this.sessions = createAccountSessions(options.settings.guardGroup);
  }

  /** Undefined: no encryption, or not open. */
  get tls(): TlsIdentity | undefined {
    return this.#tls;
  }

  /** Puts an event into the audit trail. */
  add(event: FtpServerEvent | TelnetServerEvent): void {
    this.#audit?.add(event);
  }

  /** Tells the owner of something that went wrong. */
  readonly troubled = (message: string): void => this.#options.emit({ type: "error", message });

  /** Opens what is not open. Rejects with what hinders; then `close()` closes what has been opened. */
  async open(users: Users): Promise<void> {
    const { service, settings, emit, now } = this.#options;
    const { tls, auditLog, xferlog } = settings;
    this.#audit ??= await openAudit({ service, auditLog, xferlog, onTrouble: this.troubled, now });
    this.guard.open();
    this.sessions.open();
    await users.open();
    if (tls !== undefined) this.#tls ??= await TlsIdentity.open(tls, emit);
  }

  /** The server listens there now. */
  announce(host: string, port: number): void {
    const { service, settings } = this.#options;
    const { announce: asked = false, tls } = settings;
    if (asked === false || this.#announcement !== undefined) return;
    const encrypted = tls !== undefined && (service === "telnet" || tls.implicit);
    const name = asked === true ? undefined : asked;
    this.#announcement = announce({ name, type: encrypted ? `${service}s` : service, host, port }, this.troubled);
  }

  /** The server listens no longer; settles when everybody has been told. */
  async withdraw(): Promise<void> {
    const announcement = this.#announcement;
    this.#announcement = undefined;
    await announcement?.withdraw();
  }

  async close(): Promise<void> {
    const audit = this.#audit;
    this.#audit = undefined;
    this.guard.close();
    this.sessions.close();
    this.#tls?.close();
    this.#tls = undefined;
    await audit?.close();
  }
}
