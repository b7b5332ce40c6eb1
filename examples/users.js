// Several users, each with files and rights of their own, from a file that the program owns. For a database only
// `findUser` changes: one SELECT (node:sqlite, better-sqlite3).
//
//   node examples/users.js add anna                           asks for a password
//   node examples/users.js
//   curl -T letter.txt ftp://anna:PASSWORD@localhost:2121/
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { promisify } from "node:util";
import { createDirectoryStore, createFtpServer } from "porthole";

const { PORT = "2121", USERS = "users.json", HOMES = "homes" } = process.env;
const derive = /** @type {(password: string, salt: string, bytes: number) => Promise<Buffer>} */ (promisify(scrypt));

/** @typedef {{ salt: string, hash: string, rights: import("porthole").Right[] }} User */

/** @returns {Promise<Record<string, User>>} */
async function readUsers() {
  try {
    return JSON.parse(await readFile(USERS, "utf8"));
  } catch {
    return {};
  }
}

/** @param {string} name */
async function findUser(name) {
  const users = await readUsers();
  return Object.hasOwn(users, name) ? users[name] : undefined;
}

/** @type {import("porthole").Authenticate} */
async function authenticate(name, password) {
  const user = await findUser(name);
  // For a wrong name the same work is done, so that nobody learns which names there are.
  const hash = await derive(password.reveal(), user?.salt ?? "nobody", 32);
  const known = user === undefined ? Buffer.alloc(32) : Buffer.from(user.hash, "base64");
  if (!timingSafeEqual(hash, known) || user === undefined) return undefined;
  return { user: name, rights: new Set(user.rights) };
}

/** @param {string} name */
async function addUser(name) {
  if (!/^[a-z]+$/.test(name)) throw new Error("a name has letters a to z only: it names a directory too");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const password = await terminal.question(`Password for ${name}: `);
  terminal.close();
  const salt = randomBytes(16).toString("base64");
  const hash = (await derive(password, salt, 32)).toString("base64");
  const users = { ...(await readUsers()), [name]: { salt, hash, rights: ["read", "write", "list"] } };
  await writeFile(USERS, JSON.stringify(users, undefined, 2), { mode: 0o600 });
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
