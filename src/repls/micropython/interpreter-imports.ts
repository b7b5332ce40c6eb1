/**
 * What the interpreter may call: the glue's functions, with the board's own in place of those for terminal and clock,
 * with Python's error numbers, and with no path but the mounted directories.
 *
 * @module
 */

import path from "node:path/posix";
import type { WasmFunction, WasmMemory } from "./emscripten.ts";
import { linuxErrno, Wasi } from "./errno.ts";
import type { HostFilesystem } from "./host-filesystem.ts";
import { isTerminalOutput, type TerminalCalls } from "./terminal-calls.ts";

type Imports = Record<string, WasmFunction>;
type Call = (...args: number[]) => number;

export interface ImportsOptions {
  readonly imports: Imports;
  readonly terminal: TerminalCalls;
  readonly memory: () => WasmMemory;
  readonly filesystem: () => HostFilesystem | undefined;
  readonly cwd: () => string;
  /** Runs something with `/` as the current directory. */
  readonly atRoot: (run: () => number) => number;
  /** Directories that exist for Python; empty while the board starts. */
  readonly roots: () => readonly string[];
}

/** Which argument of a system call is a path. */
const PATH_ARGUMENTS: Readonly<Record<string, readonly number[]>> = {
  __syscall_chdir: [0],
  __syscall_lstat64: [0],
  __syscall_mkdirat: [1],
  __syscall_newfstatat: [1],
  __syscall_openat: [1],
  __syscall_renameat: [1, 3],
  __syscall_rmdir: [0],
  __syscall_stat64: [0],
  __syscall_statfs64: [0],
  __syscall_unlinkat: [1],
};

/** `AT_FDCWD`, in the argument before a path. */
const CURRENT_DIRECTORY = -100;

/** Replaces functions in `imports`. */
export function adaptImports(options: ImportsOptions): void {
  const { imports, terminal, memory, filesystem, roots, cwd, atRoot } = options;
  const glue = imports as unknown as Record<string, Call>;

  function mayName(args: readonly number[], at: number): boolean {
    const allowed = roots();
    if (allowed.length === 0) return true;
    const text = memory().text(args[at] ?? 0);
    // Relative to an open directory: the interpreter never asks for that.
    if (at > 0 && args[at - 1] !== CURRENT_DIRECTORY && !text.startsWith("/")) return false;
    const name = path.resolve(cwd(), text);
    return allowed.some((root) => name === root || name.startsWith(`${root}/`));
  }

  for (const name of Object.keys(glue)) {
    const original = glue[name] as Call;
    if (name.startsWith("__syscall_")) {
      const paths = PATH_ARGUMENTS[name] ?? [];
      glue[name] = (...args) => {
        const refused = paths.some((at) => !mayName(args, at));
        const result = refused ? -Wasi.ENOENT : total(() => original(...args), -Wasi.EIO);
        return result < 0 ? -linuxErrno(-result) : result;
      };
    } else if (name.startsWith("fd_")) {
      glue[name] = (...args) => {
        const result = total(() => original(...args), Wasi.EIO);
        return result > 0 ? linuxErrno(result) : result;
      };
    }
  }

  const getdents = glue["__syscall_getdents64"] as Call;
  glue["__syscall_getdents64"] = (...args) => filesystem()?.listing(() => getdents(...args)) ?? getdents(...args);
  const rename = glue["__syscall_renameat"] as Call;
  glue["__syscall_renameat"] = (...args) => filesystem()?.renaming(() => rename(...args)) ?? rename(...args);

  // Emscripten refuses to remove the directory that one is in, where Linux does not.
  const rmdir = glue["__syscall_rmdir"] as Call;
  glue["__syscall_rmdir"] = (...args) =>
    memory()
      .text(args[0] ?? 0)
      .startsWith("/")
      ? atRoot(() => rmdir(...args))
      : rmdir(...args);

  const write = glue["fd_write"] as Call;
  glue["fd_write"] = (...args) => {
    const [descriptor = 0, vectors = 0, count = 0, written = 0] = args;
    if (!isTerminalOutput(descriptor)) return write(...args);
    return total(() => terminal.write(descriptor, vectors, count, written), Wasi.EFAULT);
  };
  const read = glue["fd_read"] as Call;
  glue["fd_read"] = (...args) => {
    const [descriptor = 0, vectors = 0, , count = 0] = args;
    return descriptor === 0 ? total(() => terminal.read(vectors, count), Wasi.EFAULT) : read(...args);
  };
  glue["__syscall_poll"] = (descriptors = 0, count = 0, timeout = 0) =>
    total(() => terminal.poll(descriptors, count, timeout), -Wasi.EFAULT);
  glue["mp_js_ticks_ms"] = () => terminal.ticks();
}

/** An exception in JavaScript must not unwind through C: the interpreter would be left in the middle of a call. */
function total(run: () => number, otherwise: number): number {
  try {
    return run();
  } catch {
    return otherwise;
  }
}
