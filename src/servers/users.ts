/**
 * The check of many users, each with a hash: from a list, or from a file that is read again when it has changed.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type { Account, Authenticate, Right } from "../contracts/credentials.ts";
import { LIMITS } from "../contracts/limits.ts";
import { readUsersFile, usersFileVersion } from "../owner-files/users-file.ts";
import { ALL_RIGHTS, authenticateOne } from "./credentials.ts";
import { parsePasswordHash, verifyPassword } from "./password-hash.ts";
import type { AnonymousOptions, UserOptions, UsersOption } from "./users-options.ts";

const READ_ONLY: ReadonlySet<Right> = new Set(["read", "list"]);
/** RFC 1635 §3.1. */
const GUEST_NAMES = new Set(["anonymous", "ftp"]);

/** Who may log in, and which names may stand in a log. */
export interface Users {
  readonly authenticate: Authenticate;
  /** True for the name of an account: what else was typed as a name might be a password. */
  knows(name: string): boolean;
  /** Reads a file for the first time, so that a wrong one is found before anybody comes. */
  open(): Promise<void>;
}

/** One user whose name and password were given in the options. */
export function createOneUser(user: string, password: string): Users {
  return {
    authenticate: authenticateOne(user, password),
    knows: (name) => name.normalize("NFC") === user.normalize("NFC"),
    open: async () => {},
  };
}

/** Users whom the program checks itself: which names there are, nobody knows. */
export function createOwnUsers(authenticate: Authenticate): Users {
  return { authenticate, knows: () => false, open: async () => {} };
}

/** Lets a guest in too, over FTP. */
export function withGuest(users: Users, anonymous: boolean | AnonymousOptions): Users {
  if (anonymous === false) return users;
  const { root, limits } = anonymous === true ? {} : anonymous;
  const guest: Account = { user: "anonymous", rights: READ_ONLY, root, limits, anonymous: true };
  const isGuest = (name: string) => GUEST_NAMES.has(name.toLowerCase());
  return {
    open: () => users.open(),
    knows: (name) => isGuest(name) || users.knows(name),
    authenticate: async (name, password, peer) =>
      isGuest(name) && peer.service === "ftp" ? guest : users.authenticate(name, password, peer),
  };
}

type ParsedHash = ReturnType<typeof parsePasswordHash>;

interface User {
  readonly account: Account;
  readonly hash: ParsedHash;
}

/** The users of a list or a file. */
export function createUsers(source: UsersOption): Users {
  const inTurn = createQueue(LIMITS.passwordChecks.value);
  let users = typeof source === "object" ? index(source) : new Map<string, User>();
  let version = "";
  let stranger = strangerLike(users);

  async function refresh(): Promise<void> {
    if (typeof source !== "string") return;
    const found = await usersFileVersion(source);
    if (found === version) return;
    const { parseUsersFile } = await import("./users-options.ts"); // with what it needs it takes megabytes
    const read = parseUsersFile(source, await readUsersFile(source));
    users = index(read.users);
    stranger = strangerLike(users);
    version = found;
  }

  return {
    open: refresh,
    knows: (name) => users.has(name.normalize("NFC")),
    async authenticate(name, password) {
      await refresh();
      const user = users.get(name.normalize("NFC"));
      // A name that nobody has costs as much: the time tells nothing.
      const right = await inTurn(() => verifyPassword(password.reveal(), user?.hash ?? stranger));
      return right ? user?.account : undefined;
    },
  };
}

function index(list: readonly UserOptions[]): Map<string, User> {
  return new Map(
    list.map(({ name, hash, rights, root, limits }) => {
      const account: Account = { user: name, rights: rightsOf(rights), root, limits };
      return [name.normalize("NFC"), { account, hash: parsePasswordHash(hash) }];
    }),
  );
}

function rightsOf(rights: UserOptions["rights"]): ReadonlySet<Right> {
  if (rights === "read-only") return READ_ONLY;
  return rights === undefined || rights === "all" ? ALL_RIGHTS : new Set(rights);
}

/** A hash that no password has, as costly as those of the users. */
function strangerLike(users: ReadonlyMap<string, User>): ParsedHash {
  const [first] = users.values();
  const cost = first?.hash.cost ?? { N: 2 ** 15, r: 8, p: 1 };
  return { cost, salt: randomBytes(16), key: randomBytes(32) };
}

/** Runs so many at once, the others in the order in which they came. */
function createQueue(atOnce: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
