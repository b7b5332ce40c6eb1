import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../contracts/credentials.ts";
import { LIMITS } from "../contracts/limits.ts";
import { hashPassword } from "./password-hash.ts";
import { createOneUser, createUsers, withGuest } from "./users.ts";
import { type UserOptions, usersSchema } from "./users-options.ts";

let directory: string;
let hash: string;
const ftp = { address: "192.0.2.1", service: "ftp" } as const;
const telnet = { address: "192.0.2.1", service: "telnet" } as const;
const secret = new Secret("secret");

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "porthole-users-"));
  hash = await hashPassword("secret");
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe("a list of users", () => {
  it("lets in whoever has the right password, with that account's rights, root and limits", async () => {
    const limits = { sessions: 2, quotaBytes: 1_000 };
    const users = createUsers([
      { name: "anna", hash, rights: ["read", "prompt"], root: "/anna", limits },
      { name: "bert", hash },
      { name: "carl", hash, rights: "read-only" },
    ]);
    const anna = await users.authenticate("anna", secret, ftp);
    expect(anna).toMatchObject({ user: "anna", root: "/anna", limits });
    expect([...(anna?.rights ?? [])]).toEqual(["read", "prompt"]);
    expect((await users.authenticate("bert", secret, ftp))?.rights.has("delete")).toBe(true);
    expect([...((await users.authenticate("carl", secret, ftp))?.rights ?? [])]).toEqual(["read", "list"]);
    expect(await users.authenticate("anna", new Secret("Secret"), ftp)).toBeUndefined();
    expect(await users.authenticate("dora", secret, ftp)).toBeUndefined();
    expect(await users.authenticate("", new Secret(""), ftp)).toBeUndefined();
    expect(await users.authenticate("__proto__", secret, ftp)).toBeUndefined();
    expect([users.knows("anna"), users.knows("secret")]).toEqual([true, false]);
  });

  it("takes a name typed in another Unicode form for the same", async () => {
    const users = createUsers([{ name: "Ren\u00e9", hash }]);
    expect((await users.authenticate("Rene\u0301", secret, ftp))?.user).toBe("Ren\u00e9");
  });

  it("computes so many hashes at once and no more, and answers all", async () => {
    const users = createUsers([{ name: "anna", hash }]);
    const many = Array.from({ length: LIMITS.passwordChecks.value + 10 }, (_, i) =>
      users.authenticate(i % 2 === 0 ? "anna" : "nobody", secret, ftp),
    );
    // Each takes 32 MiB outside of the heap while it runs.
    const most = process.memoryUsage().rss + (LIMITS.passwordChecks.value + 2) * 32 * 1_048_576;
    let over = false;
    const watch = setInterval(() => {
      over ||= process.memoryUsage().rss > most;
    }, 5);
    const accounts = await Promise.all(many).finally(() => clearInterval(watch));
    expect(accounts.map((account) => account?.user)).toEqual(
      accounts.map((_, i) => (i % 2 === 0 ? "anna" : undefined)),
    );
    expect(over).toBe(false);
  });

  it.each<[string, unknown]>([
    ["no hash", [{ name: "anna" }]],
    ["a password in place of a hash", [{ name: "anna", hash: "secret" }]],
    [
      "a name twice",
      [
        { name: "anna", hash: "H" },
        { name: "anna", hash: "H" },
      ],
    ],
    ["an unknown right", [{ name: "anna", hash: "H", rights: ["fly"] }]],
    ["a root that is not absolute", [{ name: "anna", hash: "H", root: "anna" }]],
    ["a name with a control character", [{ name: "an\nna", hash: "H" }]],
    ["an empty name", [{ name: "", hash: "H" }]],
    ["no rate at all", [{ name: "anna", hash: "H", limits: { uploadBytesPerSecond: 0 } }]],
    ["another field", [{ name: "anna", hash: "H", password: "secret" }]],
    ["too many", Array.from({ length: LIMITS.users.value + 1 }, (_, i) => ({ name: `u${i}`, hash: "H" }))],
    ["an empty file name", ""],
    ["a number", 3],
  ])("is refused with %s, and the secret is not in the message", (_, list) => {
    const given = JSON.parse(JSON.stringify(list).replaceAll('"H"', JSON.stringify(hash))) as UserOptions[];
    const parsed = usersSchema().safeParse(given);
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error)).not.toContain("secret");
    expect(JSON.stringify(parsed.error)).not.toContain(hash);
  });
});

describe("a file of users", () => {
  const write = async (name: string, content: string, mode = 0o600): Promise<string> => {
    const file = join(directory, name);
    await writeFile(file, content);
    await chmod(file, mode);
    return file;
  };

  it("is read, and read again when it has changed", async () => {
    const file = await write("users.json", JSON.stringify({ users: [{ name: "anna", hash }] }));
    const users = createUsers(file);
    await users.open();
    expect((await users.authenticate("anna", secret, ftp))?.user).toBe("anna");
    await write("users.json", JSON.stringify({ users: [{ name: "bert", hash, rights: "read-only" }] }));
    expect(await users.authenticate("anna", secret, ftp)).toBeUndefined();
    expect((await users.authenticate("bert", secret, ftp))?.user).toBe("bert");
  });

  it.each([0o644, 0o620, 0o602, 0o666])("is not used with mode %o", async (mode) => {
    const file = await write("open.json", JSON.stringify({ users: [{ name: "anna", hash }] }), mode);
    await expect(createUsers(file).open()).rejects.toThrow(/chmod 600/);
  });

  it("is not used in a directory where everybody may put another in its place", async () => {
    const shared = join(directory, "shared");
    await mkdir(shared);
    const file = await write("shared/users.json", JSON.stringify({ users: [{ name: "anna", hash }] }));
    const link = join(directory, "linked.json");
    await symlink(file, link);
    await chmod(shared, 0o777);
    for (const path of [file, link]) {
      await expect(createUsers(path).open()).rejects.toThrow(`directory ${dirname(file)} is 777`);
    }
    await chmod(shared, 0o1777); // as /tmp: only its owner may replace it
    for (const path of [file, link]) await createUsers(path).open();
  });

  it("lets nobody in any more when it has become unsafe, or is gone", async () => {
    const file = await write("later.json", JSON.stringify({ users: [{ name: "anna", hash }] }));
    const users = createUsers(file);
    await users.open();
    await chmod(file, 0o644);
    await expect(users.authenticate("anna", secret, ftp)).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
    await rm(file);
    await expect(users.authenticate("anna", secret, ftp)).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
  });

  it("that is wrong is told without its contents", async () => {
    for (const content of ['{"users":[{"name":"anna","hash":"geheim"}]}', "geheim", "[]", '{"users":[],"geheim":1']) {
      const file = await write("wrong.json", content);
      const error = await createUsers(file)
        .open()
        .then(
          () => undefined,
          (reason: Error) => reason,
        );
      expect(error?.message).toContain("wrong.json");
      expect(error?.message).not.toContain("geheim");
    }
  });
});

describe("a guest", () => {
  it("may read and list, with any password, over FTP only", async () => {
    const users = withGuest(createOneUser("micro", "python"), { root: "/pub" });
    for (const name of ["anonymous", "FTP"]) {
      const guest = await users.authenticate(name, new Secret("me@example.org"), ftp);
      expect(guest).toMatchObject({ user: "anonymous", root: "/pub", anonymous: true });
      expect([...(guest?.rights ?? [])]).toEqual(["read", "list"]);
      expect(await users.authenticate(name, new Secret("x"), telnet)).toBeUndefined();
    }
    expect((await users.authenticate("micro", new Secret("python"), telnet))?.user).toBe("micro");
  });

  it("is nobody unless asked for", async () => {
    const users = withGuest(createOneUser("micro", "python"), false);
    expect(await users.authenticate("anonymous", new Secret("x"), ftp)).toBeUndefined();
  });
});
