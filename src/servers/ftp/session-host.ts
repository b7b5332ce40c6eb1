/**
 * What sessions have in common, and what they tell of themselves.
 *
 * @module
 */

import type { FtpServerEvent, TransferInfo } from "../../contracts/events.ts";
import type { SystemCalls } from "../../native/system-calls.ts";
import type { Arrivals } from "../arrivals.ts";
import type { LoginGuard } from "../login-guard.ts";
import type { TlsIdentity } from "../tls.ts";
import type { Users } from "../users.ts";
import type { AccountUses } from "./account-use.ts";
import type { BufferPool } from "./buffers.ts";
import type { CipherThreads } from "./cipher/cipher-threads.ts";
import type { PortRange } from "./passive.ts";
import type { Patience } from "./patience.ts";
import type { ReceivingThreads } from "./receiver/receiving-threads.ts";
import type { SessionState } from "./session-states.ts";
import type { FtpSettings } from "./settings.ts";

/** What sessions have in common. */
export interface SessionHost {
  readonly settings: FtpSettings;
  readonly users: Users;
  readonly uses: AccountUses;
  readonly guard: LoginGuard;
  readonly pool: BufferPool;
  readonly patience: Patience;
  readonly calls: SystemCalls | undefined;
  readonly ciphers: CipherThreads;
  readonly receivers: ReceivingThreads;
  readonly ports: PortRange | undefined;
  readonly arrivals: Arrivals;
  /** Undefined: TLS is not offered. */
  readonly tls: TlsIdentity | undefined;
  nextTransferId(): number;
  /** So many commands more have come. */
  countCommands(count: number): void;
  emit(event: FtpServerEvent): void;
  /** What a session is doing has changed; undefined before it began, and after its end. */
  stateChanged(before: SessionState | undefined, after: SessionState | undefined): void;
  /** The session has ended and nothing of it is left. */
  ended(sessionId: number): void;
}

/** A client, for lists of clients. */
export interface FtpSessionInfo {
  /** Counts up within one server; what `kick()` takes. */
  readonly sessionId: number;
  /** Address of the client, without port. */
  readonly address: string;
  /** The client's port. */
  readonly port: number;
  /** Undefined before a right login. */
  readonly user: string | undefined;
  /** Seconds since the connection came. */
  readonly seconds: number;
  /** The transfer that is under way; undefined when none is. */
  readonly transfer: TransferInfo | undefined;
}
