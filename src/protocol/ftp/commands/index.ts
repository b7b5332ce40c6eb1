/**
 * All commands. FEAT, HELP, SITE HELP and the table of what is conformed to are read from this list.
 *
 * @module
 */

import type { CommandSpec } from "../command.ts";
import { ABOR } from "./abor.ts";
import { ACCT } from "./acct.ts";
import { ALLO } from "./allo.ts";
import { APPE } from "./appe.ts";
import { AUTH } from "./auth.ts";
import { AVBL } from "./avbl.ts";
import { CCC } from "./ccc.ts";
import { CDUP } from "./cdup.ts";
import { CLNT } from "./clnt.ts";
import { CWD } from "./cwd.ts";
import { DELE } from "./dele.ts";
import { EPRT } from "./eprt.ts";
import { EPSV } from "./epsv.ts";
import { createFeat } from "./feat.ts";
import { HASH } from "./hash.ts";
import { createHelp } from "./help.ts";
import { HOST } from "./host.ts";
import { LANG } from "./lang.ts";
import { LIST } from "./list.ts";
import { MDTM } from "./mdtm.ts";
import { MFCT } from "./mfct.ts";
import { MFMT } from "./mfmt.ts";
import { MKD } from "./mkd.ts";
import { MLSD } from "./mlsd.ts";
import { MLST } from "./mlst.ts";
import { MODE } from "./mode.ts";
import { NLST } from "./nlst.ts";
import { NOOP } from "./noop.ts";
import { OPTS } from "./opts.ts";
import { PASS } from "./pass.ts";
import { PASV } from "./pasv.ts";
import { PBSZ } from "./pbsz.ts";
import { PORT } from "./port.ts";
import { PROT } from "./prot.ts";
import { PWD } from "./pwd.ts";
import { QUIT } from "./quit.ts";
import { REIN } from "./rein.ts";
import { REST } from "./rest.ts";
import { RETR } from "./retr.ts";
import { RMD } from "./rmd.ts";
import { RNFR } from "./rnfr.ts";
import { RNTO } from "./rnto.ts";
import { SITE } from "./site.ts";
import { SIZE } from "./size.ts";
import { SMNT } from "./smnt.ts";
import { STAT } from "./stat.ts";
import { STOR } from "./stor.ts";
import { STOU } from "./stou.ts";
import { STRU } from "./stru.ts";
import { SYST } from "./syst.ts";
import { TYPE } from "./type.ts";
import { USER } from "./user.ts";
import { XCRC } from "./xcrc.ts";

/** In the order of RFC 959, then of the documents after it. */
export const COMMANDS: readonly CommandSpec[] = [
  USER,
  PASS,
  ACCT,
  CWD,
  CDUP,
  SMNT,
  REIN,
  QUIT,
  PORT,
  PASV,
  TYPE,
  STRU,
  MODE,
  RETR,
  STOR,
  STOU,
  APPE,
  ALLO,
  REST,
  RNFR,
  RNTO,
  ABOR,
  DELE,
  RMD,
  MKD,
  PWD,
  LIST,
  NLST,
  SITE,
  SYST,
  STAT,
  createHelp(() => COMMANDS),
  NOOP,
  createFeat(() => COMMANDS),
  OPTS,
  EPRT,
  EPSV,
  AUTH,
  PBSZ,
  PROT,
  CCC,
  LANG,
  MDTM,
  SIZE,
  MLST,
  MLSD,
  HOST,
  MFMT,
  MFCT,
  HASH,
  XCRC,
  AVBL,
  CLNT,
];

const byVerb = new Map<string, CommandSpec>(
  COMMANDS.flatMap((command) => [command.verb, ...(command.aliases ?? [])].map((verb) => [verb, command] as const)),
);

/** The command of a verb in upper case. */
export function findCommand(verb: string): CommandSpec | undefined {
  return byVerb.get(verb);
}
