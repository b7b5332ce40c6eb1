/**
 * The flags of the command that say whom to trust: `--users`, `--anonymous`, `--tls`, `--record` and the logs. What is
 * wrong with a file is said, with the file and the way out; no secret is said anywhere.
 */
import { execFile, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hashPassword } from "../../src/index.ts";
import { keepSelfSigned } from "../../src/owner-files/self-signed.ts";
import { clientIt } from "./clients.ts";
import { FtpTalk } from "./ftp.ts";
import { PORTHOLE, startPorthole } from "./porthole-command.ts";
import { connectRaw } from "./raw-client.ts";

const SECRET = "Tr0mbone-glacier";
const WRONG = "Wr0ng-pamphlet";
const base = mkdtempSync(join(tmpdir(), "porthole-trust-"));
let hash: string;
const endings: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  hash = await hashPassword(SECRET);
});
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const folder = (): string => mkdtempSync(join(base, "d-"));

function usersFile(text?: string, mode = 0o600): string {
  const file = join(folder(), "users.json");
  const users = [
    { name: "anna", hash },
    { name: "bert", hash, rights: "read-only" },
  ];
  writeFileSync(file, text ?? JSON.stringify({ users }), { mode });
  chmodSync(file, mode);
  return file;
}

function start(args: readonly string[], env: Record<string, string> = {}) {
  const command = startPorthole(args, { XDG_RUNTIME_DIR: folder(), ...env });
  endings.push(() => command.stop());
  return command;
}

/** `porthole ARGS` to its end, for people. */
function porthole(...args: string[]): Promise<{ status: unknown; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PORTHOLE, ...args], { cwd: base, timeout: 60_000 }, (error, out, err) =>
      resolve({ status: error === null ? 0 : error.code, out, err }),
    );
  });
}

describe("porthole serve with users, guests and TLS", () => {
  it("lets in whom it should, encrypted, with one fingerprint, and logs no secret even at debug", async () => {
    const root = folder();
    mkdirSync(join(root, "pub"));
    writeFileSync(join(root, "pub", "file"), "content");
    const home = folder();
    const logs = folder();
    const shown: string[] = [];
    const said: string[] = [];
    for (const round of [1, 2]) {
      const command = start(
        [
          ...["serve", root, "--ftp", "127.0.0.1:0", "--users", usersFile(), "--anonymous"],
          ...["--tls", "self-signed", "--tls-required", "--log-level", "debug"],
          ...["--audit-log", join(logs, "audit"), "--xferlog", join(logs, "xferlog")],
        ],
        { HOME: home, XDG_CONFIG_HOME: join(home, ".config") },
      );
      const { fingerprint } = await command.event("certificate", "ftp");
      const port = Number((await command.event("listening", "ftp"))["port"]);
      using plain = await FtpTalk.open(port);
      await plain.expect(220);
      await plain.ask("USER anna", 530);
      using anna = await FtpTalk.loginSecurely(port, {}, { user: "anna", password: SECRET });
      expect((anna.socket as TLSSocket).getPeerCertificate().fingerprint256).toBe(fingerprint);
      await anna.ask(`MKD made-${round}`, 257);
      using bert = await FtpTalk.loginSecurely(port, {}, { user: "bert", password: SECRET });
      await bert.ask("DELE pub/file", 550);
      using guest = await FtpTalk.loginSecurely(port, {}, { user: "anonymous", password: "me@example.org" });
      expect(await guest.ask("SIZE pub/file", 213)).toContain("7");
      await guest.ask("MKD no", 550);
      using wrong = await FtpTalk.open(port);
      await wrong.expect(220);
      await wrong.ask("AUTH TLS", 234);
      await wrong.secure();
      await wrong.ask(`USER ${WRONG}`, 331); // typed in the wrong field
      await wrong.ask(`PASS ${SECRET}x`, 530);
      command.child.kill("SIGTERM");
      expect(await command.exited()).toBe(0);
      shown.push(String(fingerprint));
      said.push(JSON.stringify(command.events), command.stdout());
    }
    expect(shown[0]).toBe(shown[1]);
    expect(statSync(join(home, ".config/porthole/self-signed.pem")).mode & 0o777).toBe(0o600);
    expect(readdirSync(root).sort()).toEqual(["made-1", "made-2", "pub"]);
    const key = /-----BEGIN PRIVATE KEY-----\n(.+)/.exec(
      readFileSync(join(home, ".config/porthole/self-signed.pem"), "latin1"),
    );
    const logged = readFileSync(join(logs, "audit"), "utf8");
    expect(logged.match(/"type":"logged-in"/g)).toHaveLength(6);
    for (const text of [...said, logged]) {
      for (const secret of [SECRET, WRONG, hash, key?.[1] ?? "no key"]) expect(text).not.toContain(secret);
    }
  });

  clientIt(
    "says on the terminal whose passwords are asked for, and takes a renewed certificate",
    "curl",
    async (curl) => {
      const root = folder();
      writeFileSync(join(root, "file"), "content");
      const pem = join(folder(), "both.pem");
      const renew = async () => {
        const { cert, key } = await keepSelfSigned(folder());
        writeFileSync(pem, cert + key, { mode: 0o600 });
      };
      await renew();
      const users = usersFile();
      const args = ["serve", root, "--ftp", "127.0.0.1:0", "--users", users, "--anonymous", "--tls", pem];
      const child = spawn(process.execPath, [PORTHOLE, ...args], {
        env: { ...process.env, XDG_RUNTIME_DIR: folder() },
      });
      endings.push(() => void child.kill("SIGKILL"));
      let out = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          out += chunk;
        });
      }
      const poll = (look: () => unknown) => expect.poll(look);
      await poll(() => out).toContain("Ctrl-C ends");
      expect(out).toContain(`users of ${users}, and guests as anonymous`);
      expect(out).not.toContain("user micro");
      const port = /127\.0\.0\.1:(\d+)/.exec(out)?.[1];
      const url = `ftp://anna:${SECRET}@127.0.0.1:${port}/file`;
      const fetched = await new Promise<string>((resolve) =>
        execFile(curl, ["-sS", "--ssl-reqd", "-k", url], (_, stdout, stderr) => resolve(stdout + stderr)),
      );
      expect(fetched).toBe("content");
      await renew(); // looked at every ten seconds
      await poll(() => out.match(/certificate with SHA-256 fingerprint (?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g)?.length).toBe(
        2,
      );
      expect(out).not.toContain(SECRET);
    },
  );
});

describe("what cannot be trusted", () => {
  it("ends the command with 1 and one line: what, the value, the way out", async () => {
    const text = join(folder(), "text.pem");
    writeFileSync(text, SECRET);
    const [one, other] = [await keepSelfSigned(folder()), await keepSelfSigned(folder())];
    const [cert, key] = [join(folder(), "cert.pem"), join(folder(), "key.pem")];
    writeFileSync(cert, one.cert);
    writeFileSync(key, other.key);
    const open = usersFile(undefined, 0o644);
    const broken = usersFile(`{ "users": [ "${SECRET}`);
    const noHash = usersFile(JSON.stringify({ users: [{ name: "anna", hash: SECRET }] }));
    const twice = usersFile(
      JSON.stringify({
        users: [
          { name: "anna", hash },
          { name: "anna", hash },
        ],
      }),
    );
    const wrong: readonly (readonly [flags: readonly string[], line: string])[] = [
      [["--users", "nowhere.json"], "the file of users nowhere.json is not used: ENOENT"],
      [
        ["--users", open],
        `the file of users ${open} is not used: its mode is 644, so others may read it or change it; chmod 600 it`,
      ],
      [["--users", broken], `the file of users ${broken} is not used: it is not JSON of the form { "users": [ … ] }`],
      [
        ["--users", noHash],
        `the file of users ${noHash}: users.0.hash is ***; it must be a password hash: make one with \`porthole passwd\``,
      ],
      [
        ["--users", twice],
        `the file of users ${twice}: users.1.name is "anna"; it must be a name that no other user has`,
      ],
      [["--tls", "nowhere.pem,key.pem"], "cannot read the certificate nowhere.pem: ENOENT"],
      [["--tls", `${cert},nowhere.key`], "cannot read the key nowhere.key: ENOENT"],
      [
        ["--tls", text],
        `the certificate ${text} is not PEM of an X.509 certificate, which begins with -----BEGIN CERTIFICATE-----`,
      ],
      [
        ["--tls", `${cert},${key}`],
        `the key ${key} does not belong to the certificate ${cert}; give the two that were made together`,
      ],
      [["--tls-required"], "--tls-required needs --tls"],
      [["--audit-log", base], `cannot write ${base}: EISDIR`],
      [["--xferlog", base], `cannot write ${base}: EISDIR`],
    ];
    for (const [flags, line] of wrong) {
      const { status, out, err } = await porthole("serve", folder(), "--ftp", "127.0.0.1:0", ...flags);
      expect({ flags, status, out, err }).toEqual({ flags, status: 1, out: "", err: `porthole: ${line}\n` });
    }
    // The same for a command whose servers are in threads.
    const servers = ["--no-console", "--telnet", "127.0.0.1:0", "--ftp", "127.0.0.1:0"];
    for (const [flags, line] of wrong.filter(([, text]) => /chmod|made together/.test(text))) {
      const { status, err } = await porthole("node", ...servers, ...flags);
      expect({ status, err }).toEqual({ status: 1, err: `porthole: ${line}\n` });
    }
  });
});

describe("porthole node with users and --record", () => {
  it("records what each user was shown, and nothing that was typed unseen", async () => {
    const casts = join(folder(), "casts");
    const logs = folder();
    const command = start([
      ...["node", "--no-console", "--ftp", "off", "--telnet", "127.0.0.1:0", "--log-level", "debug"],
      ...["--users", usersFile(), "--record", casts, "--audit-log", join(logs, "audit")],
    ]);
    const port = Number((await command.event("listening", "telnet"))["port"]);
    const bert = await connectRaw(port);
    endings.push(() => void bert.socket.destroy());
    await bert.login("bert", SECRET); // may not
    await bert.until("Invalid credentials");
    const anna = await connectRaw(port);
    endings.push(() => void anna.socket.destroy());
    await anna.login("anna", SECRET);
    await anna.until("more information.");
    anna.type("20 + 22\r\n");
    await anna.until("42");
    anna.socket.destroy();
    await command.event("left", "telnet");
    await expect.poll(() => readdirSync(casts)).toHaveLength(1);
    command.child.kill("SIGTERM");
    await command.exited();
    const [cast = ""] = readdirSync(casts).map((name) => readFileSync(join(casts, name), "utf8"));
    expect(cast).toMatch(/^\{"version":2,/);
    expect(cast).toContain("42");
    expect(cast).not.toMatch(/^\[[\d.]+,"i",/m);
    for (const said of [cast, JSON.stringify(command.events), readFileSync(join(logs, "audit"), "utf8")]) {
      expect(said).not.toContain(SECRET);
    }
  });
});
