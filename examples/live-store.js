// A store of one's own: a program's state as files. `status.json` is made when it is read, and who uploads a new
// `settings.json` changes the settings; nothing is on a disk.
//
//   node examples/live-store.js                               then, from a second terminal:
//   curl ftp://micro:python@localhost:2121/status.json
//   echo '{ "limit": 50 }' | curl -T - ftp://micro:python@localhost:2121/settings.json
import { createFtpServer, StorageError } from "porthole";

const state = { startedMs: Date.now(), settings: { limit: 10 } };

/** @type {Record<string, { read(): string, write?(text: string): void }>} */
const files = {
  "status.json": { read: () => `${JSON.stringify({ upSeconds: (Date.now() - state.startedMs) / 1000, ...state })}\n` },
  "settings.json": {
    read: () => `${JSON.stringify(state.settings)}\n`,
    write(text) {
      const { limit } = JSON.parse(text);
      if (!Number.isInteger(limit)) throw new TypeError("limit is a whole number");
      state.settings = { limit };
    },
  },
};

/** @param {import("porthole").VirtualPath} path */
function find(path) {
  const name = path.slice(1);
  if (!Object.hasOwn(files, name)) throw new StorageError("not-found", `there is no ${path}`);
  return { name, file: /** @type {NonNullable<(typeof files)[string]>} */ (files[name]) };
}

/**
 * @param {string} name
 * @param {number} sizeBytes
 * @returns {import("porthole").Entry}
 */
const entry = (name, sizeBytes) => ({ name, type: "file", sizeBytes, modifiedMs: Date.now(), mode: undefined });

/** @param {string} what */
const refuse = (what) => Promise.reject(new StorageError("denied", `${what}: the program's files stay as they are`));

/** @type {import("porthole").Store} */
const store = {
  name: "live",
  features: new Set(), // no resuming, no appending, no times to set
  async stat(path) {
    if (path === "/") return { ...entry("", 0), type: "directory" };
    const { name, file } = find(path);
    return entry(name, Buffer.byteLength(file.read()));
  },
  async *list(path) {
    if (path !== "/") throw new StorageError("not-found", `there is no ${path}`);
    yield Object.entries(files).map(([name, file]) => entry(name, Buffer.byteLength(file.read())));
  },
  async openRead(path) {
    const { name, file } = find(path);
    const bytes = Buffer.from(file.read());
    let at = 0;
    return {
      entry: entry(name, bytes.length),
      fileDescriptor: undefined,
      read(target) {
        const count = bytes.copy(target, 0, at);
        at += count;
        return count;
      },
      close: async () => {},
    };
  },
  async openWrite(path, { mode }) {
    const { name, file } = find(path);
    const { write } = file;
    if (write === undefined) return refuse(`writing ${path}`);
    if (mode !== "replace") throw new StorageError("unsupported", `${path} is only written whole`);
    /** @type {Uint8Array[]} */
    const parts = [];
    let size = 0;
    return {
      path,
      write(chunks) {
        for (const chunk of chunks) size += chunk.length;
        if (size > 10_000) throw new StorageError("too-large", `${path} has at most 10,000 bytes`);
        parts.push(...chunks.map((chunk) => Uint8Array.from(chunk))); // a chunk's memory may be used again
        return undefined;
      },
      openUncommitted: () => Promise.reject(new StorageError("unsupported", "there is nothing to look at")),
      async commit() {
        const text = Buffer.concat(parts).toString("utf8");
        try {
          write(text);
        } catch (error) {
          throw new StorageError("failed", `${path}: ${error}`, { cause: error, peerText: `That is wrong: ${error}` });
        }
        return entry(name, size);
      },
      abort: async () => {},
    };
  },
  remove: (path) => refuse(`removing ${path}`),
  makeDirectory: (path) => refuse(`making ${path}`),
  removeDirectory: (path) => refuse(`removing ${path}`),
  rename: (path) => refuse(`renaming ${path}`),
  setModified: () => Promise.reject(new StorageError("unsupported", "times are not kept")),
  setMode: () => Promise.reject(new StorageError("unsupported", "there are no permissions")),
  freeBytes: () => Promise.reject(new StorageError("unsupported", "there is no disk")),
  close: async () => {},
};

const server = createFtpServer({ store });
const { host, port } = await server.listen({ port: Number(process.env["PORT"] ?? "2121") });
console.log(`ftp on ${host}:${port}`);
process.once("SIGTERM", () => server.close());
