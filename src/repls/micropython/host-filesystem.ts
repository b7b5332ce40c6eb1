/**
 * A host directory as an Emscripten file system, live in both directions: nothing is cached, so that what the host
 * changes is seen at once.
 *
 * Links are followed while they stay in the directory; one that leads out of it is not listed and can't be used. Only
 * files and directories exist: opening a device, a pipe or a socket could block or act.
 *
 * @module
 */

import fs, { constants } from "node:fs";
import path from "node:path";
import type { EmscriptenFs, FsNode, FsStream } from "./emscripten.ts";
import { Wasi, wasiErrno } from "./errno.ts";

/** `open` flags as the interpreter's C library numbers them, which differ from some hosts'. */
const OPEN_FLAGS: readonly (readonly [theirs: number, ours: number])[] = [
  [0o100, constants.O_CREAT],
  [0o1000, constants.O_TRUNC],
  [0o2000, constants.O_APPEND],
];
const ACCESS_MODE = 3;

export interface HostFilesystem {
  /** Given to `FS.mount`, with `{ root }`: the host directory. */
  readonly type: object;
  /** Runs a directory listing: an entry that goes away or may not be seen meanwhile is left out. */
  listing<T>(run: () => T): T;
  /** Runs a rename; Emscripten would keep the renamed node as a cached name. */
  renaming<T>(run: () => T): T;
}

/** Makes the file system type; every directory is mounted with it. */
export function createHostFilesystem(emscripten: EmscriptenFs): HostFilesystem {
  const { ErrnoError } = emscripten;
  const skip = Wasi.EINVAL; // the number that makes Emscripten's listing leave an entry out
  let listing = false;
  let renamed: FsNode | undefined;

  /** Whatever goes wrong must reach C as an error number: any other exception would end the interpreter. */
  function guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (listing) throw new ErrnoError(skip);
      throw error instanceof ErrnoError ? error : new ErrnoError(wasiErrno(error));
    }
  }

  function rootOf(node: FsNode): string {
    let top = node;
    while (top.parent !== top) top = top.parent;
    return top.mount.opts.root;
  }

  function hostPath(node: FsNode): string {
    const parts: string[] = [];
    for (let at = node; at.parent !== at; at = at.parent) parts.unshift(at.name);
    return path.join(rootOf(node), ...parts);
  }

  /** The state of what the path leads to, links inside of the root followed. */
  function look(node: FsNode, host: string): fs.Stats {
    let stats = fs.lstatSync(host);
    if (stats.isSymbolicLink()) {
      const root = rootOf(node);
      const target = fs.realpathSync(host);
      if (target !== root && !target.startsWith(root + path.sep)) throw new ErrnoError(Wasi.EACCES);
      stats = fs.statSync(target);
    }
    if (!stats.isFile() && !stats.isDirectory()) throw new ErrnoError(Wasi.EACCES);
    return stats;
  }

  function createNode(parent: FsNode | null, name: string, mode: number): FsNode {
    const node = emscripten.createNode(parent, name, mode, 0);
    if (parent !== null) emscripten.hashRemoveNode(node);
    node.node_ops = nodeOperations;
    node.stream_ops = streamOperations;
    return node;
  }

  const nodeOperations = {
    getattr: (node: FsNode) =>
      guarded(() => {
        const stats = look(node, hostPath(node));
        node.mode = stats.mode;
        const { dev, ino, mode, nlink, size, atime, mtime, ctime } = stats;
        const blocks = Math.ceil(size / 512);
        return { dev, ino, mode, nlink, uid: 0, gid: 0, rdev: 0, size, atime, mtime, ctime, blksize: 4_096, blocks };
      }),
    setattr: (node: FsNode, change: { readonly size?: number }) =>
      guarded(() => {
        const host = hostPath(node);
        look(node, host);
        if (change.size !== undefined) fs.truncateSync(host, change.size);
      }),
    lookup: (parent: FsNode, name: string) =>
      guarded(() => createNode(parent, name, look(parent, path.join(hostPath(parent), name)).mode)),
    mknod: (parent: FsNode, name: string, mode: number) =>
      guarded(() => {
        const host = path.join(hostPath(parent), name);
        if (emscripten.isDir(mode)) fs.mkdirSync(host);
        else fs.closeSync(fs.openSync(host, "wx"));
        return createNode(parent, name, mode);
      }),
    rename: (node: FsNode, directory: FsNode, name: string) =>
      guarded(() => {
        fs.renameSync(hostPath(node), path.join(hostPath(directory), name));
        node.name = name;
        renamed = node;
      }),
    unlink: (parent: FsNode, name: string) => guarded(() => fs.unlinkSync(path.join(hostPath(parent), name))),
    rmdir: (parent: FsNode, name: string) => guarded(() => fs.rmdirSync(path.join(hostPath(parent), name))),
    readdir: (node: FsNode) => guarded(() => [".", "..", ...namesIn(node)]),
    symlink: () => {
      throw new ErrnoError(Wasi.EPERM);
    },
    readlink: () => {
      throw new ErrnoError(Wasi.EINVAL);
    },
    statfs: (root: string) =>
      guarded(() => {
        const { bsize, blocks, bfree, bavail, files, ffree } = fs.statfsSync(root);
        return { bsize, frsize: bsize, blocks, bfree, bavail, files, ffree, fsid: 0, flags: 0, namelen: 255 };
      }),
  };

  function namesIn(node: FsNode): string[] {
    const host = hostPath(node);
    return fs
      .readdirSync(host, { withFileTypes: true })
      .filter((entry) => {
        if (entry.name.includes("\ufffd")) return false; // not UTF-8: it could not be named again
        if (!entry.isSymbolicLink()) return entry.isFile() || entry.isDirectory();
        try {
          look(node, path.join(host, entry.name));
          return true;
        } catch {
          return false;
        }
      })
      .map((entry) => entry.name);
  }

  function descriptor(stream: FsStream): number {
    if (stream.hostDescriptor === undefined) throw new ErrnoError(Wasi.EBADF);
    return stream.hostDescriptor;
  }

  function slice(heap: Uint8Array, offset: number, length: number): Uint8Array {
    return new Uint8Array(heap.buffer, heap.byteOffset + offset, length);
  }

  const streamOperations = {
    open: (stream: FsStream) =>
      guarded(() => {
        const host = hostPath(stream.node);
        if (look(stream.node, host).isDirectory()) return;
        let flags = (stream.flags & ACCESS_MODE) | constants.O_NONBLOCK;
        for (const [theirs, ours] of OPEN_FLAGS) if ((stream.flags & theirs) !== 0) flags |= ours;
        const opened = fs.openSync(host, flags);
        if (!fs.fstatSync(opened).isFile()) {
          fs.closeSync(opened);
          throw new ErrnoError(Wasi.EACCES);
        }
        stream.hostDescriptor = opened;
      }),
    close: (stream: FsStream) =>
      guarded(() => {
        if (stream.hostDescriptor === undefined) return;
        const open = stream.hostDescriptor;
        delete stream.hostDescriptor;
        fs.closeSync(open);
      }),
    read: (stream: FsStream, heap: Uint8Array, offset: number, length: number, position: number) =>
      guarded(() => fs.readSync(descriptor(stream), slice(heap, offset, length), 0, length, position)),
    write: (stream: FsStream, heap: Uint8Array, offset: number, length: number, position: number) =>
      guarded(() => fs.writeSync(descriptor(stream), slice(heap, offset, length), 0, length, position)),
    llseek: (stream: FsStream, offset: number, whence: number) =>
      guarded(() => {
        const from = whence === 0 ? 0 : whence === 1 ? stream.position : fs.fstatSync(descriptor(stream)).size;
        if (from + offset < 0) throw new ErrnoError(Wasi.EINVAL);
        return from + offset;
      }),
    fsync: () => 0,
  };

  return {
    type: {
      mount: (mount: { opts: { root: string } }) => {
        mount.opts.root = fs.realpathSync(mount.opts.root);
        return createNode(null, "/", fs.statSync(mount.opts.root).mode);
      },
      createNode,
      node_ops: nodeOperations,
      stream_ops: streamOperations,
    },
    listing(run) {
      listing = true;
      try {
        return run();
      } finally {
        listing = false;
      }
    },
    renaming(run) {
      try {
        return run();
      } finally {
        if (renamed !== undefined) emscripten.hashRemoveNode(renamed);
        renamed = undefined;
      }
    },
  };
}
