/**
 * TLS, accounts, the audit trail and lockouts where the servers run in threads of their own: `network.telnet` and
 * `network.ftp` together.
 */
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { Client } from "basic-ftp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ReplHost } from "../../src/contracts/repl.ts";
import { hashPassword } from "../../src/index.ts";
import type { Network, NetworkEvent, NetworkOptions } from "../../src/network.ts";
import { keepSelfSigned } from "../../src/owner-files/self-signed.ts";
import { until } from "./until.ts";

const { createNetwork } = (await import(new URL("../../dist/index.js", import.meta.url).href)) as {
  createNetwork: (options: NetworkOptions) => Network;
};
const { createLineRepl } = (await import(new URL("./fixtures/line-repl.mjs", import.meta.url).href)) as {
  createLineRepl: () => ReplHost;
};

const SECRET = "Tr0mbone-glacier";
const WRONG = "Wr0ng-pamphlet";
const base = mkdtempSync(join(tmpdir(), "porthole-trusted-"));
const newDirectory = (): string => mkdtempSync(join(base, "d-"));
let hash: string;
beforeAll(async () => {
  hash = await hashPassword(SECRET);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const endings: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function makeNetwork(): { network: Network; events: NetworkEvent[] } {
  const host = createLineRepl();
  const events: NetworkEvent[] = [];
  const network = createNetwork({ repl: () => host, onEvent: (event) => events.push(event) });
  endings.push(async () => {
    network.telnet.stop({ force: true });
    network.ftp.stop({ force: true });
    await Promise.all([network.telnet.stopped, network.ftp.stopped]);
  });
  return { network, events };
}

function usersFile(users: readonly object[]): string {
  const file = join(newDirectory(), "users.json");
  writeFileSync(file, JSON.stringify({ users: users.map((user) => ({ hash, ...user })) }), { mode: 0o600 });
  return file;
}

const ftpPort = ({ ftp }: Network): number => Number(ftp.status()[4][0]?.split(":").at(-1));
const telnetPort = ({ telnet }: Network): number => Number(telnet.status()[2][0]?.split(":").at(-1));

async function ftpLogin(network: Network, user: string, password = SECRET, secure = false): Promise<Client> {
  const client = new Client(15_000);
  endings.push(() => client.close());
  const secureOptions = { rejectUnauthorized: false };
  await client.access({ host: "127.0.0.1", port: ftpPort(network), user, password, secure, secureOptions });
  return client;
}

async function telnetsLogin(network: Network, user: string, password = SECRET) {
  const socket: TLSSocket = connect({ port: telnetPort(network), host: "127.0.0.1", rejectUnauthorized: false });
  endings.push(() => socket.destroy());
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  const see = (text: string) => until(() => received.includes(text));
  await see("Login as: ");
  socket.write(`${user}\r\n`);
  await see("Password: ");
  socket.write(`${password}\r\n`);
  return { socket, see, received: () => received };
}

describe("both tasks with TLS, a file of users and logs", () => {
  it("let in who is right, encrypted only, and tell everything but secrets", async () => {
    const { network, events } = makeNetwork();
    const users = usersFile([
      { name: "anna", root: "/home", limits: { sessions: 2 } },
      { name: "bert", rights: "read-only" },
    ]);
    const [root, logs, certificate] = [newDirectory(), newDirectory(), newDirectory()];
    const tls = { selfSigned: certificate, required: true, sessionReuse: "required" } as const;
    const auditLog = join(logs, "audit.jsonl");
    const common = { users, tls, auditLog, port: 0 };
    expect(network.ftp.start({ ...common, root, xferlog: join(logs, "xferlog") }), network.ftp.lastError?.message).toBe(
      true,
    );
    expect(network.telnet.start({ ...common, record: join(logs, "casts") }), network.telnet.lastError?.message).toBe(
      true,
    );
    const shown = await until(() => {
      const found = events.flatMap((event) => (event.type === "certificate" ? [event.fingerprint] : []));
      return found.length === 2 ? found : undefined;
    });
    expect(shown[0]).toBe(shown[1]);

    await expect(ftpLogin(network, "anna")).rejects.toThrow(/530/); // in clear
    await expect(ftpLogin(network, "anna", WRONG, true)).rejects.toThrow(/530/);
    await expect(ftpLogin(network, "anna", SECRET, true)).rejects.toThrow(/530/); // no /home
    const setUp = await ftpLogin(network, "bert", SECRET, true);
    await expect(setUp.send("MKD home")).rejects.toThrow(/550/);
    writeFileSync(join(root, "outside"), "not anna's");
    mkdirSync(join(root, "home"));
    const anna = await ftpLogin(network, "anna", SECRET, true);
    await anna.send("TYPE I");
    expect((await anna.list()).length).toBe(0);

    const wrong = await telnetsLogin(network, "bert"); // right, but without the right to the prompt
    await wrong.see("Invalid credentials");
    wrong.socket.destroy();
    const seated = await telnetsLogin(network, "anna");
    await seated.see("more information.\r\n");
    expect(seated.socket.getPeerCertificate().fingerprint256).toBe(shown[0]);
    // Two sessions in two threads: the third is one too many.
    await until(() =>
      ftpLogin(network, "anna", SECRET, true).then(
        () => false,
        (error: Error) => /421/.test(error.message),
      ),
    );
    seated.socket.write("20 + 22\r");
    await seated.see("= 42");
    seated.socket.destroy();
    await until(() =>
      events.some((event) => event.service === "telnet" && event.type === "left" && event.user === "anna"),
    );
    anna.close();
    network.telnet.stop({ force: true });
    network.ftp.stop({ force: true });
    await Promise.all([network.telnet.stopped, network.ftp.stopped]);

    const records = readFileSync(auditLog, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const service of ["ftp", "telnet"]) {
      for (const type of ["certificate", "listening", "connected", "logged-in", "login-failed", "left"]) {
        expect(records, `${service} ${type}`).toContainEqual(expect.objectContaining({ service, type }));
      }
    }
    expect(readdirSync(join(logs, "casts"))).toHaveLength(1);
    const everything = [JSON.stringify(events), ...filesBelow(logs)].join("\n");
    const [, key = "no key"] =
      /-----BEGIN PRIVATE KEY-----\n(.+)/.exec(readFileSync(join(certificate, "self-signed.pem"), "latin1")) ?? [];
    expect(key.length).toBeGreaterThan(40);
    for (const secret of [SECRET, WRONG, hash, key]) expect(everything).not.toContain(secret);
  });

  it("carry files both ways with reused sessions, and write them into the xferlog", async () => {
    const { network } = makeNetwork();
    const [root, logs] = [newDirectory(), newDirectory()];
    const tls = { selfSigned: newDirectory(), required: true, sessionReuse: "required" } as const;
    const xferlog = join(logs, "xferlog");
    expect(network.ftp.start({ users: usersFile([{ name: "anna" }]), tls, root, xferlog, port: 0 })).toBe(true);
    const anna = await ftpLogin(network, "anna", SECRET, true);
    await anna.uploadFrom(Readable.from([Buffer.alloc(1_000_000, "x")]), "file");
    expect(await anna.size("file")).toBe(1_000_000);
    await anna.downloadTo(join(logs, "back"), "file");
    expect(readFileSync(join(logs, "back")).length).toBe(1_000_000);
    await until(() => readFileSync(xferlog, "utf8").split("\n").length === 3);
    expect(readFileSync(xferlog, "utf8")).toMatch(
      / 1000000 \/file b _ i r anna ftp 0 \* c\n.* 1000000 \/file b _ o r anna ftp 0 \* c\n$/,
    );
  });

  it("take up a new certificate and a changed file of users without a restart", async () => {
    const { network, events } = makeNetwork();
    const directory = newDirectory();
    const files = { cert: join(directory, "cert.pem"), key: join(directory, "key.pem") };
    const write = ({ cert, key }: { cert: string; key: string }) => {
      writeFileSync(files.key, key, { mode: 0o600 });
      writeFileSync(files.cert, cert);
    };
    write(await keepSelfSigned(newDirectory()));
    const users = usersFile([{ name: "anna" }]);
    const common = { users, tls: { ...files, reloadSeconds: 1 }, port: 0 };
    expect(network.ftp.start({ ...common, root: newDirectory() }), network.ftp.lastError?.message).toBe(true);
    expect(network.telnet.start(common), network.telnet.lastError?.message).toBe(true);
    const first = await telnetsLogin(network, "anna");
    await first.see("more information.\r\n");
    const before = first.socket.getPeerCertificate().fingerprint256;
    write(await keepSelfSigned(newDirectory()));
    writeFileSync(users, JSON.stringify({ users: [{ name: "dora", hash }] }), { mode: 0o600 });
    await until(() => events.filter(({ type }) => type === "certificate").length === 4);
    await expect(ftpLogin(network, "anna", SECRET, true)).rejects.toThrow(/530/);
    const dora = await ftpLogin(network, "dora", SECRET, true);
    expect((dora.ftp.socket as TLSSocket).getPeerCertificate().fingerprint256).not.toBe(before);
    first.socket.write("20 + 22\r");
    await first.see("= 42");
    first.socket.destroy();
    await until(() => events.some(({ service, type }) => service === "telnet" && type === "left"));
    const next = await telnetsLogin(network, "dora");
    await next.see("more information.\r\n");
    expect(next.socket.getPeerCertificate().fingerprint256).not.toBe(before);
  });

  it("do not start with what is wrong, say what, and tell no secret", async () => {
    const { network, events } = makeNetwork();
    const open = usersFile([{ name: "anna" }]);
    chmodSync(open, 0o644);
    const key = join(newDirectory(), "no.key");
    writeFileSync(key, SECRET);
    for (const [options, code, why] of [
      [
        { users: open },
        "PORTHOLE_ERR_ARGUMENT",
        `${open} is not used: its mode is 644, so others may read it or change it; chmod 600 it`,
      ],
      [{ users: join(base, "nowhere.json") }, "PORTHOLE_ERR_ARGUMENT", "nowhere.json is not used: ENOENT"],
      [{ tls: { cert: join(base, "nowhere.pem"), key } }, "PORTHOLE_ERR_CERTIFICATE", "nowhere.pem"],
      [{ tls: { cert: key, key } }, "PORTHOLE_ERR_CERTIFICATE", "certificate"],
      [{ auditLog: base }, "PORTHOLE_ERR_ARGUMENT", base],
    ] as const) {
      for (const task of [network.ftp, network.telnet]) {
        let error: unknown;
        try {
          expect(task.start({ port: 0, ...options })).toBe(false);
          error = task.lastError;
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toMatchObject({ code, message: expect.stringContaining(why) });
        expect(String((error as Error).stack)).not.toContain(SECRET);
      }
    }
    expect(JSON.stringify(events)).not.toContain(SECRET);
  });
});

describe("guessing at two tasks", () => {
  it("is counted in both threads together", async () => {
    const { network, events } = makeNetwork();
    const users = usersFile([{ name: "anna" }]);
    const tls = { selfSigned: newDirectory() };
    network.ftp.start({ users, tls, root: newDirectory(), port: 0 });
    network.telnet.start({ users, tls, port: 0 });
    const guesses = await Promise.allSettled(Array.from({ length: 10 }, () => ftpLogin(network, "anna", WRONG)));
    expect(guesses.every(({ status }) => status === "rejected")).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ service: "ftp", type: "locked-out", seconds: 60 }));
    const locked = await telnetsLogin(network, "anna");
    await locked.see("Invalid credentials");
    await until(() =>
      events.some((event) => event.type === "refused" && event.reason.includes("too many wrong logins")),
    );
    expect(locked.received()).not.toContain("more information.");
    expect(JSON.stringify(events)).not.toContain(WRONG);
  });
});

describe("authenticate", () => {
  it("of the program is asked by both threads, with its own roots and limits", async () => {
    const { network, events } = makeNetwork();
    const asked: string[] = [];
    const root = newDirectory();
    mkdirSync(join(root, "anna"));
    const options = {
      port: 0,
      async authenticate(user: string, password: { reveal(): string }, peer: { service: string }) {
        asked.push(`${peer.service} ${user} ${password}`);
        if (user === "broken") throw new Error("the database is down");
        if (password.reveal() !== SECRET) return undefined;
        const rights = new Set(["list", "read", "write", ...(user === "anna" ? ["prompt"] : [])] as const);
        return { user, rights: rights as never, root: "/anna", limits: { sessions: 1 } };
      },
    };
    expect(network.ftp.start({ ...options, root })).toBe(true);
    expect(network.telnet.start({ ...options, tls: { selfSigned: newDirectory() } })).toBe(true);
    const anna = await ftpLogin(network, "anna");
    await anna.uploadFrom(Readable.from([Buffer.from("x")]), "mine");
    expect(readdirSync(join(root, "anna"))).toEqual(["mine"]);
    const second = await telnetsLogin(network, "anna");
    await second.see("Too many sessions of this account.");
    anna.close();
    await until(() => events.some((event) => event.service === "ftp" && event.type === "left"));
    const third = await telnetsLogin(network, "anna");
    await third.see("more information.\r\n");
    const bert = await telnetsLogin(network, "bert");
    await bert.see("Invalid credentials");
    await expect(ftpLogin(network, "broken")).rejects.toThrow(/530/);
    await until(() => events.some((event) => event.type === "error" && event.message.includes("the database is down")));
    expect(asked).toContain("ftp anna ***");
    expect(asked).toContain("telnet bert ***");
    expect(JSON.stringify(events)).not.toContain(SECRET);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
}
