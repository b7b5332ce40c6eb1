/**
 * What authors of clients, stores and REPLs test with.
 *
 * @module porthole/testing
 */

export { parsePath } from "../protocol/text/path.ts";
export type { LineAnswer } from "./answer-repl.ts";
export {
  ClientLeft,
  type Dialogue,
  type DialogueOptions,
  type DialogueServer,
  startDialogue,
  type Talk,
} from "./dialogue.ts";
export type { EventLog } from "./event-log.ts";
export type { FtpFault } from "./ftp-faults.ts";
export { startTestFtpServer, type TestFtpOptions, type TestFtpServer, withFtpServer } from "./ftp-server.ts";
export type { Expectation, TestRunner } from "./runner.ts";
export { type Answer, type ShellOptions, shell } from "./shell.ts";
export { type StoreContractOptions, storeContract } from "./store-contract.ts";
export {
  startTestTelnetServer,
  type TestTelnetDialogue,
  type TestTelnetOptions,
  type TestTelnetServer,
  withTelnetServer,
} from "./telnet-server.ts";
export type { Said, Transcript } from "./transcript.ts";
