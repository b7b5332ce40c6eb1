/**
 * For each limit the test that sends more, or waits longer, than it allows.
 *
 * @module
 */
import type { LIMITS } from "../../src/contracts/limits.ts";

/** A file, and a part of a test's title in it. */
export type Shown = readonly [file: string, title: string];

const OWN = "test/limits/limits.test.ts";
const BOARD = "test/limits/board-limits.test.ts";
const FIELD = "src/protocol/telnet/field.test.ts";
const TELNET = "test/wire/telnet-limits.test.ts";
const FTP_FAULTS = "test/wire/ftp-faults.test.ts";
const FTP_SERVER = "test/wire/ftp-server.test.ts";
const FTP_SILENT_STORE = "test/wire/ftp-silent-store.test.ts";
const ARRIVALS = "test/wire/arrivals.test.ts";

export const SHOWN_BY: Readonly<Record<keyof typeof LIMITS, Shown>> = {
  telnetSubnegotiationBytes: [FIELD, "a subnegotiation at its limit is read, one byte more is dropped whole"],
  telnetOptionReplies: [FIELD, "a request beyond the limit is as if it had never come"],
  telnetLoginLineBytes: [TELNET, "an endless login line: kept are 256 bytes"],
  telnetLoginTries: [TELNET, "three tries, then closed"],
  telnetLoginSeconds: [TELNET, "login deadline: from the connection, whatever is typed"],
  telnetHalfOpenConnections: [TELNET, "a connection that hangs before login never keeps the next one out"],
  telnetWatchers: ["src/servers/telnet/seat.test.ts", "has a bounded number of watchers"],
  telnetAytReplies: [TELNET, "an AYT flood is answered a few times and not at length"],
  telnetInputBufferBytes: [TELNET, "keys that the REPL does not take: 4 MiB are kept"],
  telnetInputStallSeconds: [TELNET, "of a program that takes none, %s is found after a while"],
  telnetOutputBufferBytes: ["src/servers/telnet/output.test.ts", "holds so much for a client that does not read"],
  consoleEntryCharacters: ["test/repls/node-console-bytes.test.ts", "holds an entry to its limit"],
  telnetConnectionsPerAddress: [ARRIVALS, "are bounded over Telnet"],
  consoleInputQueueBytes: ["src/console/key-queue.test.ts", "asks to wait above its limit"],
  consoleOutputQueueBytes: ["src/console/outlet.test.ts", "holds no more than its limit, and says what it dropped"],
  tlsHandshakeSeconds: [OWN, "a TLS handshake that never ends"],
  proxyHeaderSeconds: [ARRIVALS, "is awaited for a while only, and a wrong one closes"],
  proxyHeadersAwaited: [ARRIVALS, "is awaited of so many connections and no more"],
  loginGuardEntries: [OWN, "addresses and accounts that have guessed"],
  loginGuardTries: ["test/wire/guessing.test.ts", "locks the address out: then the right password is wrong too"],
  passwordChecks: ["src/servers/users.test.ts", "computes so many hashes at once and no more"],
  users: ["src/servers/users.test.ts", "is refused with %s, and the secret is not in the message"],
  ftpCommandBytes: ["src/protocol/ftp/lines.test.ts", "are told once when they are too long, and skipped"],
  ftpPipelinedCommands: ["src/protocol/ftp/engine.test.ts", "the socket is paused, and who goes on all the same"],
  ftpPipelinedBytes: ["src/protocol/ftp/engine.test.ts", "the socket is paused, and who goes on all the same"],
  ftpReplyBytes: ["src/protocol/ftp/engine.test.ts", "commands wait for the client to read, and none is lost"],
  ftpPathParts: [OWN, "the depth of a path and the length of a name"],
  ftpNameBytes: [OWN, "the depth of a path and the length of a name"],
  ftpLoginTries: [OWN, "wrong FTP logins on one connection"],
  ftpLoginSeconds: [OWN, "an FTP login that never comes"],
  ftpDataConnectSeconds: [FTP_FAULTS, "is given up after a while without a data connection"],
  ftpStallSeconds: [FTP_FAULTS, "is cut when no byte comes for too long"],
  ftpStoreSeconds: [FTP_SILENT_STORE, "is answered 451, whatever it was asked, and the session goes on"],
  ftpSilentStoreCalls: [FTP_SILENT_STORE, "is asked no more than so often"],
  ftpLingeringConnections: [OWN, "data connections that a client leaves open"],
  ftpConnections: [FTP_FAULTS, "of 1,000 connections leaves the server serving"],
  ftpConnectionsPerAddress: [ARRIVALS, "are bounded over FTP when nothing is said"],
  ftpRefusedConnections: [FTP_FAULTS, "of 1,000 connections leaves the server serving"],
  ftpTransferBufferBytes: [
    "src/servers/ftp/buffers.test.ts",
    "gives no large buffer over the cap, but always a small one",
  ],
  ftpListedEntries: [FTP_SERVER, "list more entries than are sorted, but not over the control connection"],
  ftpListingBytes: [FTP_SERVER, "list more entries than are sorted, but not over the control connection"],
  logWaitingBytes: ["test/wire/audit.test.ts", "holds so much for a slow disk and no more"],
  recordingBytes: ["test/wire/audit.test.ts", "ends at its bound, and says so"],
  taskWaitingEvents: ["test/tasks/lifecycle.test.ts", "keeps no more events than its limit"],
  taskInputBytes: ["src/tasks/key-sender.test.ts", "asks to wait above its limit"],
  taskStoreCalls: ["test/tasks/store-proxy.test.ts", "has no more calls under way than its limit"],
  boardInputBytes: [BOARD, "keys that a busy board has not taken"],
  boardOutputBytes: [BOARD, "output that nobody takes"],
  boardUnseenBytes: [BOARD, "output that was never shown"],
  boardPasteBytes: ["test/repls/board-tools.test.ts", "does not take a program of megabytes"],
  boardCallCharacters: [BOARD, "the arguments of a call to the host"],
  boardTimers: ["test/repls/board-sandbox.test.ts", "bounds what lives outside of the board's memory"],
  logWaitingCharacters: ["src/cli/steady-output.test.ts", "leaves out what is too much"],
  announcementAnswers: ["test/wire/announcement.test.ts", "answers no more questions a second than it says"],
  statusConnections: ["test/wire/command-status.test.ts", "holds no more connections than it says"],
  statusRequestCharacters: ["test/wire/command-status.test.ts", "answers nonsense with an error"],
  statusRequestSeconds: ["test/limits/status-limits.test.ts", "a request that never ends is given up"],
};
