/**
 * What a session remembers between commands.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { VirtualPath } from "../../contracts/store.ts";
import { ROOT_PATH } from "../text/path.ts";
import type { HashAlgorithm, MlstFact } from "./actions.ts";
import { MLST_FACTS } from "./facts.ts";

export interface Session {
  /** Named by USER, whose password is awaited. */
  user: string | undefined;
  account: Account | undefined;
  failedLogins: number;
  cwd: VirtualPath;
  /** `unset`: no TYPE was sent yet; bytes go as they are, since clients that never ask mean no conversion. */
  type: "unset" | "ascii" | "image";
  /** From REST to the next transfer command. */
  restartBytes: number;
  /** From ALLO to the next transfer command. */
  expectedBytes: number | undefined;
  /** From RNFR to the command behind it. */
  renameFrom: VirtualPath | undefined;
  /** PASV, EPSV, PORT or EPRT was answered, and no transfer has used it up. */
  dataReady: boolean;
  /** After EPSV ALL (RFC 2428 §4). */
  extendedPassiveOnly: boolean;
  facts: readonly MlstFact[];
  hash: HashAlgorithm;
  /** The control connection is private. */
  secure: boolean;
  /** PBSZ was sent (RFC 2228 §3). */
  bufferSizeAgreed: boolean;
  /** PROT P: data connections are private. */
  privateData: boolean;
}

/** A session before any login; implicit TLS protects data connections from the start. */
export function createSession(secure: boolean): Session {
  return {
    user: undefined,
    account: undefined,
    failedLogins: 0,
    cwd: ROOT_PATH,
    type: "unset",
    restartBytes: 0,
    expectedBytes: undefined,
    renameFrom: undefined,
    dataReady: false,
    extendedPassiveOnly: false,
    facts: MLST_FACTS,
    hash: "SHA-256",
    secure,
    bufferSizeAgreed: secure,
    privateData: secure,
  };
}

/** Back to before USER; what TLS settled and what OPTS chose stay. */
export function forgetLogin(session: Session): void {
  session.user = undefined;
  session.account = undefined;
  session.cwd = ROOT_PATH;
  session.type = "unset";
  session.restartBytes = 0;
  session.expectedBytes = undefined;
  session.renameFrom = undefined;
  session.dataReady = false;
  session.extendedPassiveOnly = false;
}
