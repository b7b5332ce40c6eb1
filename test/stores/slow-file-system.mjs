// A FUSE file system with one file, "f", whose every read takes long: node slow-file-system.mjs MOUNTPOINT SIZE DELAY_MS
// Prints "mounted" when it is there. Byte i of the file is i % 251. Kernel interface: linux/fuse.h, version 7.31.

import { spawn } from "node:child_process";
import fs from "node:fs";

const [mountPoint, size, delayMs] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const device = fs.openSync("/dev/fuse", "r+");
const options = `fd=3,rootmode=40000,user_id=${process.getuid()},group_id=${process.getgid()}`;
const mount = spawn("mount", ["-i", "-t", "fuse", "-o", options, "slow", mountPoint], {
  stdio: ["ignore", "ignore", "inherit", device],
});
mount.on("exit", (code) => (code === 0 ? process.stdout.write("mounted") : process.exit(1)));

const Operation = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  OPEN: 14,
  READ: 15,
  STATFS: 17,
  RELEASE: 18,
  FLUSH: 25,
  INIT: 26,
};
const [OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET] = [27, 28, 29, 36, 42];
const ENOENT = 2;
const ENOSYS = 38;
const DIRECT_IO = 1;
const REQUEST_HEADER_BYTES = 40;
const FILE_NODE = 2n;

function attributes(node) {
  const bytes = Buffer.alloc(88);
  const isFile = node === FILE_NODE;
  bytes.writeBigUInt64LE(node, 0);
  bytes.writeBigUInt64LE(isFile ? BigInt(size) : 0n, 8);
  bytes.writeUInt32LE(isFile ? 0o100644 : 0o040755, 60);
  bytes.writeUInt32LE(1, 64);
  return bytes;
}

function reply(unique, error, ...parts) {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeInt32LE(-error, 4);
  header.writeBigUInt64LE(unique, 8);
  fs.write(device, Buffer.concat([header, body]), () => undefined);
}

function answer(request) {
  const unique = request.readBigUInt64LE(8);
  const node = request.readBigUInt64LE(16);
  const body = request.subarray(REQUEST_HEADER_BYTES);
  switch (request.readUInt32LE(4)) {
    case Operation.INIT: {
      const out = Buffer.alloc(64);
      out.writeUInt32LE(7, 0);
      out.writeUInt32LE(31, 4);
      out.writeUInt32LE(131_072, 20);
      return reply(unique, 0, out);
    }
    case Operation.LOOKUP: {
      if (body.subarray(0, -1).toString() !== "f") return reply(unique, ENOENT);
      const entry = Buffer.alloc(40);
      entry.writeBigUInt64LE(FILE_NODE, 0);
      return reply(unique, 0, entry, attributes(FILE_NODE));
    }
    case Operation.GETATTR:
      return reply(unique, 0, Buffer.alloc(16), attributes(node));
    case Operation.OPEN:
    case OPENDIR: {
      const out = Buffer.alloc(16);
      out.writeUInt32LE(DIRECT_IO, 8);
      return reply(unique, 0, out);
    }
    case Operation.READ: {
      const from = Number(body.readBigUInt64LE(8));
      const bytes = Buffer.alloc(Math.max(0, Math.min(body.readUInt32LE(16), size - from)));
      for (let i = 0; i < bytes.length; i++) bytes[i] = (from + i) % 251;
      return setTimeout(reply, bytes.length === 0 ? 0 : delayMs, unique, 0, bytes);
    }
    case READDIR:
    case Operation.RELEASE:
    case Operation.FLUSH:
    case RELEASEDIR:
      return reply(unique, 0);
    case Operation.STATFS:
      return reply(unique, 0, Buffer.alloc(80));
    case Operation.FORGET:
    case BATCH_FORGET:
    case INTERRUPT:
      return undefined;
    default:
      return reply(unique, ENOSYS);
  }
}

const request = Buffer.alloc(1_100_000);
function receive() {
  fs.read(device, request, 0, request.length, null, (error, count) => {
    if (error !== null && error.code === "ENODEV") process.exit(0); // unmounted
    if (error === null) answer(Buffer.from(request.subarray(0, count)));
    receive();
  });
}
receive();
