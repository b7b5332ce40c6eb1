/**
 * What a peer can make us hold, wait for or count: every bound has a name, a unit, a default and a reason here, and
 * `docs/limits.md` is made from this list.
 *
 * @module
 */

/**
 * Every bound on what a peer can make a server hold, wait for or count, with its unit and its reason; the page "Limits" is
 * made from it.
 */
export const LIMITS = {
  telnetSubnegotiationBytes: {
    value: 512,
    unit: "bytes",
    reason: "A longer subnegotiation is dropped whole, not kept.",
  },
  telnetOptionReplies: {
    value: 1_024,
    unit: "entries",
    reason:
      "Option replies, of three bytes, owed to one peer or sent without a key in between; further requests are ignored.",
  },
  telnetLoginLineBytes: {
    value: 256,
    unit: "bytes",
    reason: "User name and password, each; further keys are dropped.",
  },
  telnetLoginTries: {
    value: 3,
    unit: "tries",
    reason: "Wrong logins on one connection before it is closed, as on the device.",
  },
  telnetLoginSeconds: { value: 60, unit: "seconds", reason: "From accept to a right login." },
  telnetHalfOpenConnections: {
    value: 8,
    unit: "connections",
    reason: "Connections that have not logged in, and users who have not chosen; the oldest one makes room.",
  },
  telnetWatchers: { value: 8, unit: "connections", reason: "Logged-in users who only watch." },
  telnetAytReplies: {
    value: 10,
    unit: "replies",
    reason: "Answers to AYT (are you there) within a second; further questions are left unanswered.",
  },
  telnetInputBufferBytes: {
    value: 4_194_304,
    unit: "bytes",
    reason: "Keys that the program has not taken yet, over Telnet or at the local terminal; then reading rests.",
  },
  telnetInputStallSeconds: {
    value: 10,
    unit: "seconds",
    reason:
      "Without a key taken at that limit; then further keys are read and dropped, so that a Ctrl-C among them is found.",
  },
  telnetOutputBufferBytes: {
    value: 65_536,
    unit: "bytes",
    reason: "Output that the client has not taken yet; then the program waits.",
  },
  consoleInputQueueBytes: {
    value: 65_536,
    unit: "bytes",
    reason: "Keys that the prompt has not taken yet; then it asks the sender to wait.",
  },
  consoleOutputQueueBytes: {
    value: 16_777_216,
    unit: "bytes",
    reason: "Output waiting for a terminal that can't hold up the program; more is dropped, and the terminal is told.",
  },
  consoleEntryCharacters: {
    value: 1_048_576,
    unit: "characters",
    reason: "One entry at the prompt: its line, what stands above it, or one paste; further keys are dropped.",
  },
  telnetConnectionsPerAddress: {
    value: 20,
    unit: "connections",
    reason: "Connections at once from one address, if nothing else is said; the next is closed.",
  },
  tlsHandshakeSeconds: {
    value: 20,
    unit: "seconds",
    reason:
      "From the connection, or AUTH TLS, to the end of the handshake; less where the time for a login is shorter.",
  },
  proxyHeaderSeconds: {
    value: 5,
    unit: "seconds",
    reason: "From the connection of a named proxy to the end of its PROXY header.",
  },
  proxyHeadersAwaited: {
    value: 256,
    unit: "connections",
    reason: "Connections of named proxies that have not said whose they are; further ones are closed.",
  },
  loginGuardEntries: {
    value: 10_000,
    unit: "entries",
    reason: "Addresses, and accounts, whose failed logins are remembered; the oldest one makes room.",
  },
  passwordChecks: {
    value: 2,
    unit: "checks",
    reason: "Hashes computed at once, of 32 MiB and one thread each; further logins wait.",
  },
  users: { value: 10_000, unit: "entries", reason: "Accounts in one list or file of users." },
  loginGuardTries: {
    value: 10,
    unit: "tries",
    reason: "Wrong logins from one address before it is locked out, for a minute and then longer each time.",
  },
  ftpCommandBytes: {
    value: 4_096,
    unit: "bytes",
    reason: "One command line; a longer one is answered 500 and skipped.",
  },
  ftpPipelinedCommands: {
    value: 256,
    unit: "commands",
    reason: "Commands waiting for the one under way; then the socket is paused.",
  },
  ftpPipelinedBytes: {
    value: 262_144,
    unit: "bytes",
    reason: "Commands of one client that are not taken apart yet; more, against a paused socket, ends the session.",
  },
  ftpReplyBytes: {
    value: 65_536,
    unit: "bytes",
    reason: "Replies that the client has not taken yet; then its further commands wait.",
  },
  ftpPathParts: { value: 128, unit: "parts", reason: "Depth of a path." },
  ftpNameBytes: { value: 255, unit: "bytes", reason: "One part of a path." },
  ftpLoginTries: { value: 5, unit: "tries", reason: "Wrong logins on one connection before it is closed." },
  ftpLoginSeconds: { value: 60, unit: "seconds", reason: "From accept to a right login." },
  ftpDataConnectSeconds: {
    value: 30,
    unit: "seconds",
    reason: "From PASV, EPSV or PORT and a transfer command to the data connection.",
  },
  ftpStallSeconds: { value: 30, unit: "seconds", reason: "A transfer on which no byte moves is cut." },
  ftpStoreSeconds: {
    value: 60,
    unit: "seconds",
    reason: "For one answer of a store; then what was asked for is answered 451, and the session goes on.",
  },
  ftpSilentStoreCalls: {
    value: 64,
    unit: "calls",
    reason: "Calls of one server's stores that were given up and have no answer yet; further ones are answered 451.",
  },
  ftpLingeringConnections: {
    value: 16,
    unit: "connections",
    reason: "Data connections of one client at once, whose transfers are over but for the last; the oldest makes room.",
  },
  ftpConnections: {
    value: 32,
    unit: "connections",
    reason:
      "Control connections at once; the next is told 421, unless one makes room that has not logged in: the oldest of an address that has more of them than the next one.",
  },
  ftpConnectionsPerAddress: {
    value: 24,
    unit: "connections",
    reason: "Control connections at once from one address, if nothing is said about clients; the next is told 421.",
  },
  ftpTransferBufferBytes: {
    value: 67_108_864,
    unit: "bytes",
    reason: "Buffers of all transfers of one server; when they are used up a further transfer gets 64 KiB.",
  },
  ftpRefusedConnections: {
    value: 256,
    unit: "connections",
    reason: "Connections that are being told 421; beyond them a connection is closed without a word.",
  },
  ftpListedEntries: {
    value: 20_000,
    unit: "entries",
    reason: "Entries that are sorted before they are listed; those beyond follow in the store's order.",
  },
  ftpListingBytes: {
    value: 1_048_576,
    unit: "bytes",
    reason: "Formatted listing waiting for the client; then the directory waits.",
  },
  logWaitingBytes: {
    value: 4_194_304,
    unit: "bytes",
    reason: "Lines of one log that the disk has not taken; further ones are lost, and an event says so.",
  },
  recordingBytes: {
    value: 268_435_456,
    unit: "characters",
    reason: "One recording of a Telnet session; then it ends, and an event says so.",
  },
  taskWaitingEvents: {
    value: 1_024,
    unit: "events",
    reason: "A task's events that the program has not taken, because it is busy; further ones are counted and dropped.",
  },
  taskInputBytes: {
    value: 65_536,
    unit: "bytes",
    reason: "Keys under way from a task's thread to the program's prompt; further ones wait in the thread.",
  },
  taskStoreCalls: {
    value: 64,
    unit: "calls",
    reason: "Calls under way from a task's thread to a store in the program's thread; further ones wait.",
  },
  boardInputBytes: {
    value: 65_536,
    unit: "bytes",
    reason: "Keys that the board has not taken; then whoever types waits.",
  },
  boardOutputBytes: {
    value: 16_384,
    unit: "bytes",
    reason: "Output of the board that nobody has taken; then its program waits.",
  },
  boardUnseenBytes: {
    value: 65_536,
    unit: "bytes",
    reason: "Output of a board that has not been shown anywhere yet; the oldest is dropped.",
  },
  boardPasteBytes: {
    value: 1_048_576,
    unit: "bytes",
    reason: "A program in raw-paste mode; a longer one is a MemoryError.",
  },
  boardCallCharacters: {
    value: 65_536,
    unit: "characters",
    reason: "Arguments of one call from Python to the host, as JSON; more is a ValueError.",
  },
  boardTimers: {
    value: 1_024,
    unit: "timers",
    reason: "Timers that Python has set in the host's event loop; further ones are not set.",
  },
  logWaitingCharacters: {
    value: 262_144,
    unit: "characters",
    reason: "What `porthole serve` logs to a terminal or pipe that takes nothing for the moment; more is left out.",
  },
  announcementAnswers: {
    value: 50,
    unit: "answers",
    reason: "To questions by mDNS, within a second, of one announced server; further questions are left unanswered.",
  },
  statusConnections: {
    value: 16,
    unit: "connections",
    reason: "At the socket that `porthole status` asks, which only the same user can open; further ones are closed.",
  },
  statusRequestCharacters: {
    value: 1_024,
    unit: "characters",
    reason: "One request there; a longer one is answered with an error.",
  },
  statusRequestSeconds: {
    value: 10,
    unit: "seconds",
    reason: "For a request to come; then the connection is closed.",
  },
} as const;
