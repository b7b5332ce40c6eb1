/**
 * Porthole: a prompt and the files of a running program, over Telnet and FTP.
 *
 * @module porthole
 */

export { openBoard, type ProgramBoard, type ProgramBoardOptions } from "./board.ts";
export type { LocalTerminal } from "./console/switch.ts";
export type {
  ServerCounters,
  TransferDirection,
  TransferResult,
} from "./contracts/counters.ts";
export { type Account, type AccountLimits, type Authenticate, type Right, Secret } from "./contracts/credentials.ts";
export { ERROR_CODES, type ErrorCode, PortholeError, StorageError, type StorageErrorKind } from "./contracts/errors.ts";
export type {
  EventSession,
  FtpServerEvent,
  TelnetServerEvent,
  TransferInfo,
  TransferKind,
} from "./contracts/events.ts";
export { LIMITS } from "./contracts/limits.ts";
export type {
  ConsoleOwner,
  KeyEcho,
  LeaveReason,
  RemoteTerminal,
  ReplHost,
  ReplSession,
  WindowSize,
} from "./contracts/repl.ts";
export type {
  Entry,
  LentFile,
  ReadHandle,
  Store,
  StoreFeature,
  VirtualPath,
  WriteHandle,
  WriteMode,
  WriteOptions,
} from "./contracts/store.ts";
export {
  FTP_DATA_STATES,
  FTP_STATES,
  type FtpDataState,
  type FtpState,
  type FtpStatus,
  type Task,
  TELNET_STATES,
  type TelnetState,
  type TelnetStatus,
} from "./contracts/task.ts";
export { type Counted, type Metrics, type MetricsOptions, metrics } from "./metrics.ts";
export { createNetwork, type Network, type NetworkEvent, type NetworkOptions, network } from "./network.ts";
export { type ProgramRepl, type ReplOptions, repl } from "./repl.ts";
export type { Board } from "./repls/micropython/board.ts";
export type { BoardScript } from "./repls/micropython/board-script.ts";
export type { FtpServer } from "./servers/ftp/ftp-server.ts";
export type { PassiveHost } from "./servers/ftp/passive-host.ts";
export { createFtpServer } from "./servers/ftp/server.ts";
export type { FtpSessionInfo } from "./servers/ftp/session-host.ts";
export type { FtpListenOptions, FtpServerOptions, StoreOf } from "./servers/ftp/settings.ts";
export type { OnUpload, UploadedFile } from "./servers/ftp/uploaded-file.ts";
export { hashPassword } from "./servers/password-hash.ts";
export type { TelnetServerOptions } from "./servers/telnet/options.ts";
export { createTelnetServer } from "./servers/telnet/server.ts";
export type { TelnetListenOptions, TelnetServer } from "./servers/telnet/telnet-server.ts";
export type { TlsOption, TlsOptions } from "./servers/tls-settings.ts";
export type { AnonymousOptions, UserOptions, UsersOption } from "./servers/users-options.ts";
export { createDirectoryStore, type DirectoryStore, type DirectoryStoreOptions } from "./stores/directory.ts";
export { createMemoryStore, type MemoryStoreOptions } from "./stores/memory.ts";
export { createMountStore } from "./stores/mounts.ts";
export type { FtpTask, FtpTaskOptions } from "./tasks/ftp-task.ts";
export type { StoreGivenOf } from "./tasks/store-of-proxy.ts";
export type { StoreGiven, StoreModule } from "./tasks/store-source.ts";
export type { TelnetTask, TelnetTaskOptions } from "./tasks/telnet-task.ts";
