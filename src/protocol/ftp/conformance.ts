/**
 * What is conformed to, command by command.
 *
 * @module
 */

import type { Right } from "../../contracts/credentials.ts";
import { COMMANDS } from "./commands/index.ts";

export interface FtpConformanceRow {
  /** The verb and its aliases. */
  readonly verbs: readonly string[];
  readonly syntax: string;
  readonly rfc: string;
  readonly login: "before" | "after";
  /** One of these is needed; empty: none. */
  readonly needs: readonly Right[];
  readonly support: "yes" | "refused";
  readonly note: string;
}

/** One row for each command, in the order of the documents. */
export function ftpConformance(): readonly FtpConformanceRow[] {
  return COMMANDS.map(({ verb, aliases = [], syntax, rfc, login, needs = [], support = "yes", note = "" }) => ({
    verbs: [verb, ...aliases],
    syntax: `${verb} ${syntax}`.trim(),
    rfc,
    login,
    needs,
    support,
    note,
  }));
}
