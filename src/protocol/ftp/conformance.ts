/**
 * What is conformed to: command by command, and the rules that are of no single command.
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

export interface FtpRule {
  /** Document and section. */
  readonly rfc: string;
  readonly rule: string;
  /** `on purpose`: knowingly otherwise; the note says why. */
  readonly support: "yes" | "no" | "on purpose";
  readonly note: string;
  /** The title of a test, or the name of a talk in `test/transcripts`. */
  readonly test: string;
}

type Rule = readonly [rfc: string, rule: string, test: string, support?: FtpRule["support"], note?: string];

const RULES: readonly Rule[] = [
  [
    "RFC 959 §4.2",
    "one final reply for each command",
    "gives every command exactly one final reply, whatever the shell answers",
  ],
  [
    "RFC 959 §4.2",
    "replies of several lines end with code and blank",
    "of several lines hold none that looks like their end",
  ],
  [
    "RFC 959 §5.3",
    "commands end in CR LF",
    "end in CR LF or LF; empty ones are passed over",
    "on purpose",
    "LF alone ends one too: machines and scripts send it",
  ],
  [
    "RFC 959 §3.1.1",
    "the type is ASCII until TYPE is sent",
    "cameras.ftp",
    "on purpose",
    "until then bytes go as they are: cameras that send no TYPE send pictures",
  ],
  [
    "RFC 959 §4.1.3",
    "ABOR, STAT and QUIT while a transfer runs",
    "9: NOOP, STAT and ABOR are answered while a transfer runs; other commands wait, QUIT too",
  ],
  [
    "RFC 959 §4.1.1",
    "a control connection that is closed ends the transfer",
    "a client that has gone gets its uploads and its last commands done",
    "on purpose",
    "commands that came before are carried out; the server decides whether an upload under way is whole",
  ],
  ["RFC 959 §4.1.3", "RNTO right behind RNFR", "is RNFR and RNTO with nothing in between"],
  ["RFC 1123 §4.1.2.7", "names of NLST are usable as they stand", "NLST names are usable as they stand"],
  ["RFC 1123 §4.1.2.9", "150 of STOU tells the name", "machines.ftp"],
  [
    "RFC 959 §4.1",
    "TELNET options are refused, and IAC does no harm",
    "refuses options with DONT and WONT, and answers no refusal",
  ],
  [
    "RFC 959 §4.1",
    "TELNET Synch before ABOR",
    "is taken out before ABOR, whichever octet was urgent and lost",
    "on purpose",
    "Node loses the urgent octet: ABOR CR alone is a whole command",
  ],
  [
    "RFC 2228 §3",
    "plain commands behind AUTH are dropped",
    "2: commands sent in plain behind AUTH TLS are never carried out",
  ],
  ["RFC 2389 §3", "FEAT before the login", "FEAT is answered, and PWD quotes the path"],
  ["RFC 2428 §4", "EPSV ALL", "EPSV ALL is kept to"],
  ["RFC 2577 §3", "no connection to others or to ports below 1024", "PORT and EPRT connect to nobody but the client"],
  [
    "RFC 2577 §5",
    "wrong logins are limited",
    "13: wrong logins are counted, USER may be sent again, who does not log in is sent away",
  ],
  [
    "RFC 2640 §3",
    "names are UTF-8",
    "read names as UTF-8, and as Latin-1 what is not UTF-8",
    "on purpose",
    "what is not UTF-8 is read as Latin-1, which loses no octet; names are always sent as UTF-8",
  ],
  ["RFC 3659 §5", "REST of a stream", "counts for the next transfer command and no further one"],
  ["RFC 3659 §5", "an offset that cannot be is 554", "beyond the end of the file is 554"],
  ["RFC 3659 §7.5.5", "perm is true for the account", "tells permissions that are true for the account"],
  ["RFC 4217", "data connections as PROT says", "tls-required.ftp"],
];

/** The rules that are of no single command. */
export function ftpRules(): readonly FtpRule[] {
  return RULES.map(([rfc, rule, test, support = "yes", note = ""]) => ({ rfc, rule, support, note, test }));
}
