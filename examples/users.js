// Several users in an SQLite database, each with files and rights of their own. The database is asked at each login, so
// who is added or taken away, by this program or another, counts at once.
//
//   node examples/users.js add anna                           asks for a password
//   node examples/users.js
//   curl -T letter.txt ftp://anna:PASSWORD@localhost:2121/
//
// It needs node:sqlite, which Node has from 22.13 on. With better-sqlite3 only the first lines change.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { promisify } from "node:util";
import { createDirectoryStore, createFtpServer } from "porthole";

const { PORT = "2121", USERS = "users.db", HOMES = "homes" } = process.env;
const sqlite = /** @type {any} */ (process.getBuiltinModule?.("node:sqlite"));
if (sqlite === undefined) {
  console.error(`users.js needs node:sqlite, which Node has from 22.13 on; this is ${process.version}`);
  process.exit(1);
}
process.umask(0o077); // the database and the files are for this user only
const database = new sqlite.DatabaseSync(USERS);
database.exec("CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, salt TEXT, hash TEXT, rights TEXT) STRICT");

const derive = /** @type {(password: string, salt: string, bytes: number) => Promise<Buffer>} */ (promisify(scrypt));

/** @type {import("porthole").Authenticate} */
async function authenticate(name, password) {
  const user = database.prepare("SELECT salt, hash, rights FROM users WHERE name = ?").get(name);
  // For a wrong name the same work is done, so that nobody learns which names there are.
  const hash = await derive(password.reveal(), user?.salt ?? "nobody", 32);
  const known = user === undefined ? Buffer.alloc(32) : Buffer.from(user.hash, "base64");
  if (!timingSafeEqual(hash, known) || user === undefined) return undefined;
  return { user: name, rights: new Set(user.rights.split(" ")) };
}

/** @param {string} name */
async function addUser(name) {
  if (!/^[a-z]+$/.test(name)) throw new Error("a name has letters a to z only: it names a directory too");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const password = await terminal.question(`Password for ${name}: `);
  terminal.close();
  const salt = randomBytes(16).toString("base64");
  const hash = (await derive(password, salt, 32)).toString("base64");
  database.prepare("INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?)").run(name, salt, hash, "read write list");
}

const [command, name = ""] = process.argv.slice(2);
if (command === "add") {
  await addUser(name);
} else {
  const server = createFtpServer({
    authenticate,
    // Each sees a directory of their own, and nothing else.
    async store({ user }) {
      const root = join(HOMES, user);
      await mkdir(root, { recursive: true });
      return createDirectoryStore({ root });
    },
  });
  const { host, port } = await server.listen({ port: Number(PORT) });
  console.log(`ftp on ${host}:${port}`);
  process.once("SIGTERM", () => server.close());
}
