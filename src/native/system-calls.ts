/**
 * What is called, and how its C signature is told to koffi.
 *
 * @module
 */

import { constants as fileConstants } from "node:fs";
import { constants } from "node:os";
import type * as Koffi from "koffi";
import { bindDirectoryScan, type DirectoryScan } from "./directory-scan.ts";
import { bindEntryCalls, type EntryCalls } from "./entry-calls.ts";
import { type AcceptSecure, bindOpenSsl } from "./openssl.ts";

/**
 * Where the bytes of a file are: `memory`: nowhere else; `cache`: in memory or on a disk, and `readCached` tells which;
 * `unknown`: nobody can tell without waiting.
 */
export type Residence = "memory" | "cache" | "unknown";

/** Numbers below 0 are `-errno`. Offsets are from the start of the file; the descriptor's own is left alone. */
export interface SystemCalls {
  /**
   * sendfile(2): file to socket inside the kernel. It never waits for the socket, which Node has made non-blocking; it
   * waits for the disk where the file is not in memory.
   *
   * @returns how many bytes were sent, 0 at the end of the file.
   */
  sendFile(socket: number, file: number, offsetBytes: number, countBytes: number): number;
  /**
   * As `sendFile`, in another thread, which waits for the socket as {@link setBlocking} has it. The descriptors must stay
   * until it resolves; never rejects. `-EIO` stands for every error.
   */
  sendFileLater(socket: number, file: number, offsetBytes: number, countBytes: number): Promise<number>;
  /**
   * Has calls on a socket wait for it, by whichever descriptor and in whichever thread; a call that is under way minds it
   * too.
   *
   * @param waitMs - A call gives up when the socket was full for so long; 0: no call waits, as Node needs it.
   */
  setBlocking(socket: number, waitMs: number): void;
  /** shutdown(2), both ways: whoever waits for the socket, in whichever thread, waits no longer. */
  shutDown(socket: number): void;
  /**
   * The same, and the last close(2) resets the connection. Otherwise a peer who has more to send may wait for a minute: when
   * all that had come was read after the shutdown, he is told neither of room nor of the end.
   */
  breakOff(socket: number): void;
  /**
   * send(2): never waits for the socket, whatever its mode.
   *
   * @returns how many bytes the system has taken.
   */
  send(socket: number, bytes: Uint8Array): number;
  /**
   * The same; the last of it may wait within the system, for a fifth of a second at most, to leave together with what is
   * sent next, or with the end.
   */
  sendBeforeEnd(socket: number, bytes: Uint8Array): number;
  /**
   * recv(2): never waits for the socket, whatever its mode.
   *
   * @returns how many bytes have come, 0 behind the last one.
   */
  receive(socket: number, target: Uint8Array): number;
  /** poll(2), which waits: false when nothing has come within that time, no byte, no end and no error. */
  waitToReceive(socket: number, mostMs: number): boolean;
  /** poll(2): nothing has come on a socket that nobody has read yet, no byte, no end and no error. Takes nothing away. */
  isQuiet(socket: number): boolean;
  /** poll(2): it was reset, also where that was told already; or it is no socket. An end that the peer has made is none. */
  isBroken(socket: number): boolean;
  residence(file: number): Residence;
  /**
   * Whether an octet is in memory; true also behind the end of the file. Only for a residence of `cache`.
   */
  isCached(file: number, offsetBytes: number): boolean;
  /** pread(2) at once: it waits for the disk where the file is not in memory. Short only at the end of the file. */
  read(file: number, target: Uint8Array, offsetBytes: number): number;
  /** pread(2) in another thread. The target and the descriptor must stay until it resolves; never rejects. */
  readLater(file: number, target: Uint8Array, offsetBytes: number): Promise<number>;
  /**
   * pwrite(2), which waits for the disk where it has to.
   *
   * @param offsetBytes - Undefined: write(2), where the descriptor is.
   */
  write(file: number, bytes: Uint8Array, offsetBytes: number | undefined): number;
  /**
   * splice(2): what is in a pipe, or comes to it, one of the two, stays inside the kernel. It never waits for a socket or
   * a pipe; it waits for the disk.
   *
   * @param offsetBytes - Of the file that `to` is; undefined: a pipe, or where the descriptor is.
   * @returns how many bytes were moved, 0 behind the last one.
   */
  splice(from: number, to: number, offsetBytes: number | undefined, countBytes: number): number;
  readonly scanDirectory: DirectoryScan;
  readonly entries: EntryCalls;
  /** TLS by Node's own OpenSSL; undefined where it cannot be had. */
  readonly acceptSecure: AcceptSecure | undefined;
  /** A second descriptor of the same open file or socket, which no program that is started inherits. */
  duplicate(descriptor: number): number;
  /** A pipe that never waits and that no program inherits: its end to read from and the one to write to. */
  pipe(): readonly [read: number, write: number] | undefined;
  /** F_SETPIPE_SZ; gives how much the pipe then holds, at least what was asked for. */
  widenPipe(pipe: number, bytes: number): number;
  /** read(2) from a pipe. */
  readPipe(pipe: number, target: Uint8Array): number;
  /** malloc_trim(3): what was freed goes back to the system, in a tenth of a millisecond. Not every C library has it. */
  readonly trimMemory: (() => void) | undefined;
  /** Closes what was opened by these calls: Node, in a thread, warns of what it has not opened itself. */
  close(descriptor: number): void;
}

const RWF_NOWAIT = 8;
/** MSG_DONTWAIT and MSG_NOSIGNAL. */
const SEND_FLAGS = 0x40 | 0x4000;
const MSG_MORE = 0x8000;
/** MSG_DONTWAIT. */
const RECEIVE_FLAGS = 0x40;
/** POLLIN and POLLRDHUP; errors are told without being asked for. */
const POLL_EVENTS = 0x1 | 0x2000;
const { O_NONBLOCK } = fileConstants;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
/** SPLICE_F_MOVE and SPLICE_F_NONBLOCK. */
const SPLICE_FLAGS = 1 | 2;
/** O_CLOEXEC and O_NONBLOCK. */
const PIPE_FLAGS = 0x8_0000 | 0x800;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
/** struct linger: on, for no time. */
const NO_LINGER: Uint8Array = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
const SO_SNDTIMEO = 21;
const SHUT_RDWR = 2;
/** `f_type` of file systems that are nowhere but in memory, the first octets of `struct statfs`. */
const MEMORY_FILE_SYSTEMS: readonly number[] = [0x0102_1994, 0x8584_58f6]; // tmpfs, ramfs
const STATFS_BYTES = 256;
const TWO_32 = 4_294_967_296;

/** The socket takes no more for now. */
export const WOULD_BLOCK: number = -constants.errno.EAGAIN;
/** The peer has closed the socket. */
export const BROKEN: readonly number[] = [-constants.errno.EPIPE, -constants.errno.ECONNRESET];

/** Throws when the C library lacks one of the calls. */
export function bindSystemCalls(koffi: typeof Koffi): SystemCalls {
  const library = koffi.load(null);
  const sendfile = library.func("intptr_t sendfile(int out, int in, uint8_t *offset, size_t count)");
  const send = library.func("intptr_t send(int socket, uint8_t *from, size_t count, int flags)");
  const recv = library.func("intptr_t recv(int socket, uint8_t *to, size_t count, int flags)");
  const poll = library.func("int poll(uint8_t *descriptors, unsigned long count, int timeout)");
  const pread = library.func("intptr_t pread(int file, uint8_t *to, size_t count, int64_t offset)");
  const write = library.func("intptr_t write(int file, uint8_t *from, size_t count)");
  const pwrite = library.func("intptr_t pwrite(int file, uint8_t *from, size_t count, int64_t offset)");
  const read = library.func("intptr_t read(int file, uint8_t *to, size_t count)");
  const splice = library.func(
    "intptr_t splice(int from, uint8_t *fromOffset, int to, uint8_t *toOffset, size_t count, unsigned int flags)",
  );
  const preadv2 = library.func("intptr_t preadv2(int file, uint8_t *vector, int count, int64_t offset, int flags)");
  const fstatfs = library.func("int fstatfs(int file, uint8_t *to)");
  const fcntl = library.func("int fcntl(int file, int command, int argument)");
  const setsockopt = library.func(
    "int setsockopt(int socket, int level, int name, uint8_t *value, unsigned int bytes)",
  );
  const shutdown = library.func("int shutdown(int socket, int how)");
  const pipe2 = library.func("int pipe2(uint8_t *ends, int flags)");
  const close = library.func("int close(int descriptor)");
  const countOf = (result: number): number => (result < 0 ? -koffi.errno() : result);

  const offset = new DataView(new ArrayBuffer(8));
  const offsetOctets = new Uint8Array(offset.buffer);
  // struct iovec: where, and how many bytes. The address keeps nothing alive: the object that has both does, since
  // functions below use it. Memory of an ArrayBuffer is never moved.
  const octet = new Uint8Array(new ArrayBuffer(64));
  const probing = { octet, vector: new Uint8Array(new BigUint64Array([koffi.address(octet), 1n]).buffer) };
  const polled = new Int32Array(new ArrayBuffer(8));
  const polledOctets = new Uint8Array(polled.buffer);
  const fileSystem = new DataView(new ArrayBuffer(STATFS_BYTES));
  const fileSystemOctets = new Uint8Array(fileSystem.buffer);

  const hasEvents = (descriptor: number, events: number, mostMs = 0): boolean => {
    polled[0] = descriptor;
    polled[1] = events; // the upper half is for what is found
    return poll(polledOctets, 1, mostMs) !== 0;
  };
  const ask = (call: ReturnType<Koffi.LibraryHandle["func"]>, ...given: unknown[]): Promise<number> =>
    new Promise((resolve) => {
      call.async(...given, (error: unknown, result: number) => {
        resolve(error || result < 0 ? -constants.errno.EIO : result); // the other thread's errno is out of reach
      });
    });
  const offsetAt = (at: number): Uint8Array => {
    offset.setUint32(0, at % TWO_32, true);
    offset.setUint32(4, Math.floor(at / TWO_32), true);
    return offsetOctets;
  };
  const probe = (file: number, at: number): number => preadv2(file, probing.vector, 1, at, RWF_NOWAIT);
  return {
    sendFile: (socket, file, from, count) => countOf(sendfile(socket, file, offsetAt(from), count)),
    sendFileLater: (socket, file, from, count) =>
      ask(sendfile, socket, file, new Uint8Array(new BigInt64Array([BigInt(from)]).buffer), count),
    setBlocking(socket, waitMs) {
      const flags = fcntl(socket, F_GETFL, 0);
      if (waitMs > 0) {
        const time = new BigInt64Array([BigInt(Math.floor(waitMs / 1000)), BigInt((waitMs % 1000) * 1000)]);
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, new Uint8Array(time.buffer), time.byteLength);
      }
      fcntl(socket, F_SETFL, waitMs > 0 ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    },
    shutDown: (socket) => void shutdown(socket, SHUT_RDWR),
    breakOff(socket) {
      setsockopt(socket, SOL_SOCKET, SO_LINGER, NO_LINGER, NO_LINGER.length);
      shutdown(socket, SHUT_RDWR);
    },
    send: (socket, bytes) => countOf(send(socket, bytes, bytes.length, SEND_FLAGS)),
    sendBeforeEnd: (socket, bytes) => countOf(send(socket, bytes, bytes.length, SEND_FLAGS | MSG_MORE)),
    receive: (socket, target) => countOf(recv(socket, target, target.length, RECEIVE_FLAGS)),
    waitToReceive: (socket, mostMs) => hasEvents(socket, POLL_EVENTS, mostMs),
    isQuiet: (socket) => !hasEvents(socket, POLL_EVENTS),
    isBroken: (socket) => hasEvents(socket, 0),
    residence(file) {
      if (probe(file, 0) >= 0 || -koffi.errno() === WOULD_BLOCK) return "cache";
      if (fstatfs(file, fileSystemOctets) !== 0) return "unknown";
      return MEMORY_FILE_SYSTEMS.includes(fileSystem.getUint32(0, true)) ? "memory" : "unknown";
    },
    isCached: (file, at) => probe(file, at) >= 0,
    read: (file, target, from) => countOf(pread(file, target, target.length, from)),
    readLater: (file, target, from) => ask(pread, file, target, target.length, from),
    write: (file, bytes, at) =>
      countOf(at === undefined ? write(file, bytes, bytes.length) : pwrite(file, bytes, bytes.length, at)),
    pipe() {
      const ends = new Int32Array(2);
      if (pipe2(new Uint8Array(ends.buffer), PIPE_FLAGS) !== 0) return undefined;
      return [ends[0] as number, ends[1] as number];
    },
    widenPipe: (pipe, bytes) => countOf(fcntl(pipe, F_SETPIPE_SZ, bytes)),
    readPipe: (pipe, target) => countOf(read(pipe, target, target.length)),
    splice: (from, to, at, count) =>
      countOf(splice(from, null, to, at === undefined ? null : offsetAt(at), count, SPLICE_FLAGS)),
    duplicate: (descriptor) => countOf(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)),
    close: (descriptor) => void close(descriptor),
    trimMemory: bindTrim(library),
    scanDirectory: bindDirectoryScan(koffi, library),
    entries: bindEntryCalls(koffi, library),
    acceptSecure: bindOpenSsl(library),
  };
}

function bindTrim(library: Koffi.LibraryHandle): (() => void) | undefined {
  try {
    const trim = library.func("int malloc_trim(size_t left)");
    return () => void trim(0);
  } catch {
    return undefined;
  }
}
