/**
 * What the engine conforms to, clause by clause.
 *
 * @module
 */

export interface TelnetConformanceRow {
  /** `RFC 854`. */
  readonly rfc: string;
  readonly clause: string;
  /** `on purpose`: knowingly otherwise; the note says why. */
  readonly support: "yes" | "no" | "on purpose";
  readonly note: string;
  /** The title of a test, or the name of a talk in `test/transcripts`. */
  readonly test: string;
}

type Row = readonly [clause: string, test: string, support?: TelnetConformanceRow["support"], note?: string];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  "RFC 854": [
    ["IAC IAC is data 255, both ways", "is what the other end reads, in BINARY and without"],
    ["CR LF is a new line, CR NUL a CR, in what is sent", "doubles 255 and completes a bare CR"],
    [
      "CR LF and CR NUL in what is typed",
      "returns.telnet",
      "on purpose",
      "each of CR LF, CR NUL, CR and LF is one Return, told as CR: clients send all of them",
    ],
    ["NOP, BRK, IP, AO, AYT, EC, EL, GA", "commands.telnet"],
    ["AYT", "CVE-2001-0554: a flood of AYT fills no buffer of the engine", "yes", "told; the server answers"],
    ["Synch: DM inside the stream", "commands.telnet"],
    [
      "Synch: TCP urgent data",
      "synch-putty.telnet",
      "no",
      "Node has no SO_OOBINLINE: the urgent byte is lost and nothing can be skipped up to it; the traces are cleaned up",
    ],
    ["Synch whose IAC is the urgent byte", "synch-inetutils.telnet", "on purpose", "the DM that is left is not typed"],
    ["options that aren't known are refused", "refused-once-a-request.telnet"],
    ["no answer to an acknowledgement: no loops", "telnetlib's DONT to WONT: an answer to an answer is left alone"],
    [
      "GA is sent while SGA is off",
      "keep-alive: NOP is a command, not a key",
      "no",
      "no client waits for it, and netcat would show it",
    ],
  ],
  "RFC 855": [
    ["subnegotiation, with 255 doubled", "subnegotiation-of-an-agreed-option.telnet"],
    [
      "subnegotiation of any length",
      "a subnegotiation at its limit is read, one byte more is dropped whole, and the keys behind it count",
      "on purpose",
      "longer than LIMITS.telnetSubnegotiationBytes is dropped whole",
    ],
    ["subnegotiation that is not finished", "subnegotiation-unfinished.telnet"],
  ],
  "RFC 856 BINARY": [
    ["255 stays doubled, CR needs no NUL", "binary.telnet"],
    ["what the peer sends is exact", "is what the other end reads, in BINARY and without"],
    [
      "CR LF and CR NUL typed in BINARY are two bytes",
      "PuTTY: bare CR in BINARY is one Return",
      "on purpose",
      "at a keyboard they stay one Return: clients go on sending what they always did",
    ],
  ],
  "RFC 857 ECHO": [["agreed to or refused by policy", "the device never listens to what is said about ECHO"]],
  "RFC 858 SGA": [["agreed to on both sides", "rfc1143-crossing.telnet"]],
  "RFC 859 STATUS": [
    ["SEND is answered with the options in force", "status.telnet"],
    ["SE in the list is doubled", "doubles an option code that looks like SE"],
  ],
  "RFC 860 TIMING-MARK": [
    ["each DO is answered", "timing-mark.telnet"],
    ["marks of our own", "timing-mark.telnet"],
  ],
  "RFC 1073 NAWS": [
    ["the size, with 255 doubled", "naws-doubled-255.telnet"],
    ["0 is our choice", "takes 0 for the usual size"],
  ],
  "RFC 1079 TSPEED": [["read when asked for", "terminal-speed.telnet"]],
  "RFC 1091 TTYPE": [
    ["the list of types up to its repeated end", "windows-telnet.telnet"],
    ["case means nothing", "gives the name in lower case"],
  ],
  "RFC 1143": [
    ["receipt of WILL, DO", "upon receipt of WILL"],
    ["receipt of WONT, DONT", "upon receipt of WONT"],
    ["asking to enable", "if we decide to ask him to enable"],
    ["asking to disable", "if we decide to ask him to disable"],
    ["the queue", "rfc1143-queue.telnet"],
    [
      "no loops between two that hold to it",
      "with any wishes, answers under way, fall silent and agree on every option",
    ],
  ],
  "RFC 1184 LINEMODE": [
    ["MODE and its acknowledgement", "linemode-keys.telnet"],
    ["SLC", "acknowledges a special character once", "yes", "agreed to and not acted on"],
    ["FORWARDMASK", "linemode-keys.telnet", "no", "never asked for"],
    ["EOF, SUSP, ABORT", "commands.telnet"],
  ],
  "RFC 1572 NEW-ENVIRON": [
    ["IS and INFO, VAR, USERVAR, VALUE, ESC", "environment.telnet"],
    [
      "any name",
      "throws values away that are long, not ASCII or not there",
      "on purpose",
      "a short list of harmless names",
    ],
    ["our own variables", "refuses what nobody has allowed", "no", "the server has none to give"],
  ],
  "RFC 2066 CHARSET": [
    ["REQUEST, ACCEPTED, REJECTED", "charset.telnet", "yes", "UTF-8 only"],
    ["both ask at once", "charset.telnet"],
    ["translation tables", "charset.telnet", "no", "rejected"],
  ],
};

/** One row for each clause, in the order of the documents. */
export const TELNET_CONFORMANCE: readonly TelnetConformanceRow[] = Object.entries(ROWS).flatMap(([rfc, rows]) =>
  rows.map(([clause, test, support = "yes", note = ""]) => ({ rfc, clause, support, note, test })),
);
