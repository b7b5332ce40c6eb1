/**
 * FTP over TLS: what goes over the wire, byte by byte, and real clients.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as secureConnect, type TLSSocket } from "node:tls";
import { Client } from "basic-ftp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { keepSelfSigned } from "../../src/owner-files/self-signed.ts";
import { until } from "../tasks/until.ts";
import { clientIt } from "./clients.ts";
import { FtpTalk, getFile, namesIn, openData, putFile, readAll, serveFtp, type TestFtp } from "./ftp.ts";

let directory: string;
let tls: { cert: string; key: string };
const big = Buffer.alloc(3_000_000);
for (let i = 0; i < big.length; i++) big[i] = (i * 31) >> 3;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "porthole-tls-"));
  tls = await keepSelfSigned(directory);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** TLS on a data connection, as a client; resumes a session when there is one. */
async function secureData(port: number, session?: Buffer, maxVersion?: "TLSv1.2"): Promise<TLSSocket> {
  const socket = secureConnect({
    socket: await openData(port),
    rejectUnauthorized: false,
    ...(session === undefined ? {} : { session }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  });
  socket.on("error", () => {});
  return socket;
}

/** Why those who have left did. */
function leftFor({ events }: TestFtp): readonly string[] {
  return events.filter((event) => event.type === "left").map(({ reason }) => reason);
}

async function run(command: string, args: readonly string[], input = ""): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { env: { ...process.env, HOME: directory, LC_ALL: "C.UTF-8" } });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}

describe("AUTH TLS", () => {
  it.each([
    ["TLS 1.2", "TLSv1.2"],
    ["TLS 1.3", undefined],
  ] as const)("carries logins, downloads, uploads and listings with %s", async (_, maxVersion) => {
    await using ftp = await serveFtp({ tls });
    await putFile(ftp.store, "/big", big);
    using talk = await FtpTalk.loginSecurely(ftp.port, maxVersion === undefined ? {} : { maxVersion });
    expect(await talk.ask("FEAT", 211)).toMatch(/AUTH TLS\n.*PBSZ\n.*PROT\n/s);
    const port = await talk.passivePort();
    talk.send("RETR big");
    await talk.expect(150); // before any handshake
    expect((await readAll(await secureData(port, undefined, maxVersion))).equals(big)).toBe(true);
    await talk.expect(226);
    const upload = await secureData(await talk.passivePort(), undefined, maxVersion);
    await talk.ask("STOR copy", 150);
    upload.end(big);
    await talk.expect(226);
    expect((await getFile(ftp.store, "/copy"))?.equals(big)).toBe(true);
    const listing = await secureData(await talk.passivePort(), undefined, maxVersion);
    await talk.ask("NLST", 150);
    expect((await readAll(listing)).toString()).toBe("big\r\ncopy\r\n");
    await talk.expect(226);
    await talk.ask("PROT C", 200);
    expect((await talk.retrieve("NLST")).toString()).toBe("big\r\ncopy\r\n");
    await talk.ask("CCC", 534);
    await talk.ask("NOOP", 200);
  });

  it("drops plain commands that came before the handshake", async () => {
    await using ftp = await serveFtp({ tls });
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    talk.socket.write("AUTH TLS\r\nUSER micro\r\nPASS python\r\nMKD injected\r\n");
    await talk.expect(234);
    await talk.secure();
    await talk.ask("PWD", 530);
    expect(await namesIn(ftp.store)).toEqual([]);
  });

  it("takes plain bytes in place of a handshake for no command", async () => {
    await using ftp = await serveFtp({ tls });
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("AUTH TLS", 234);
    talk.socket.write("USER micro\r\nPASS python\r\n");
    await until(() => talk.closed);
    await until(() => ftp.server.sessions().length === 0);
    expect(ftp.events.some((event) => event.type === "logged-in")).toBe(false);
  });

  it("forgets who was logged in, and offers nothing older than TLS 1.2", async () => {
    await using ftp = await serveFtp({ tls });
    using talk = await FtpTalk.login(ftp.port);
    await talk.ask("AUTH TLS", 234);
    await talk.secure();
    await talk.ask("PWD", 530);
    using old = await FtpTalk.open(ftp.port);
    await old.expect(220);
    await old.ask("AUTH TLS", 234);
    const hello = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(old.secure(hello)).rejects.toThrow();
  });

  it("is refused where it is not offered", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    await talk.ask("AUTH TLS", 502);
    expect(await talk.ask("FEAT", 211)).not.toContain("TLS");
  });

  it("is waited for no longer than for a login", async () => {
    await using ftp = await serveFtp({ tls, loginTimeout: 1 });
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("AUTH TLS", 234);
    await until(() => ftp.server.sessions().length === 0);
    expect(leftFor(ftp)).toEqual(["login timeout"]);
  });
});

describe.each([true, false])("a handshake that is never done (implicit: %s)", (implicit) => {
  it("is a login that is never done", async () => {
    await using ftp = await serveFtp({ tls: { ...tls, implicit } });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      using talk = await FtpTalk.open(ftp.port);
      if (!implicit) talk.send("AUTH TLS");
      // The time for a login itself is not over: the engine's clock does not go faster.
      while (!talk.closed) {
        vi.advanceTimersByTime(1_000);
        await new Promise((turn) => setImmediate(turn));
      }
    } finally {
      vi.useRealTimers();
    }
    await until(() => ftp.server.sessions().length === 0);
    expect(leftFor(ftp)).toEqual(["login timeout"]);
  });
});

describe("tls: { required: true }", () => {
  it("refuses plain logins and clear transfers", async () => {
    await using ftp = await serveFtp({ tls: { ...tls, required: true } });
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("USER micro", 530);
    await talk.ask("PASS python", 503);
    await talk.ask("AUTH TLS", 234);
    await talk.secure();
    await talk.ask("USER micro", 331);
    await talk.ask("PASS python", 230);
    await talk.ask("EPSV", 229);
    await talk.ask("LIST", 522);
    await talk.ask("PBSZ 0", 200);
    await talk.ask("PROT C", 534);
    await talk.ask("PROT P", 200);
  });
});

describe("tls: { implicit: true }", () => {
  it("speaks TLS from the first byte, on data connections too", async () => {
    await using ftp = await serveFtp({ tls: { ...tls, implicit: true } });
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.open(ftp.port);
    await talk.secure();
    await talk.expect(220);
    await talk.ask("USER micro", 331);
    await talk.ask("PASS python", 230);
    const port = await talk.passivePort();
    await talk.ask("RETR file", 150);
    expect((await readAll(await secureData(port))).toString()).toBe("content");
    await talk.expect(226);
  });

  it("closes a connection that is not TLS", async () => {
    await using ftp = await serveFtp({ tls: { ...tls, implicit: true } });
    using talk = await FtpTalk.open(ftp.port);
    talk.send("USER micro");
    await until(() => talk.closed && ftp.server.sessions().length === 0);
  });
});

describe("a private data connection", () => {
  it("carries nothing in clear after PROT P", async () => {
    await using ftp = await serveFtp({ tls });
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR file", 150);
    data.write("no TLS at all, but enough bytes for a record's header");
    const received = await readAll(data).catch(() => Buffer.alloc(0));
    expect(received.toString("latin1")).not.toContain("content");
    await talk.expect(425);
    const upload = await talk.data();
    await talk.ask("STOR other", 150);
    upload.end("in clear");
    await talk.expect(425);
    expect(await namesIn(ftp.store)).toEqual(["file"]);
  });

  it("that ends without close_notify leaves no file", async () => {
    await using ftp = await serveFtp({ tls });
    for (const maxVersion of [undefined, "TLSv1.2"] as const) {
      using talk = await FtpTalk.loginSecurely(ftp.port);
      const plain = await openData(await talk.passivePort());
      const upload = secureConnect({
        socket: plain,
        rejectUnauthorized: false,
        ...(maxVersion === undefined ? {} : { maxVersion }),
      });
      upload.on("error", () => {});
      await talk.ask("STOR cut", 150);
      await new Promise((sent) => upload.write(big, sent));
      await until(() => ftp.server.sessions().some((session) => session.transfer?.bytes === big.length));
      plain.destroy(); // FIN, and no word of TLS before it
      await talk.expect(426);
      expect(await namesIn(ftp.store)).toEqual([]);
      await talk.ask("QUIT", 221);
    }
  });

  it("is whole when its client has said all and is gone before our part of the handshake is done", async () => {
    await using ftp = await serveFtp({ tls });
    using talk = await FtpTalk.loginSecurely(ftp.port);
    for (const size of [0, 1, 70_000]) {
      for (let round = 0; round < 10; round++) {
        const plain = await openData(await talk.passivePort());
        const upload = secureConnect({ socket: plain, rejectUnauthorized: false });
        upload.on("error", () => {});
        const secured = once(upload, "secureConnect");
        await talk.ask(`STOR ${size}-${round}`, 150);
        await secured;
        upload.end(Buffer.alloc(size));
        await once(upload, "finish");
        plain.destroy(); // the system answers the session tickets, which come now, with a reset
        await talk.expect(226);
        expect((await getFile(ftp.store, `/${size}-${round}`))?.length).toBe(size);
      }
    }
  });

  it("may be empty, and may be slow to begin", async () => {
    await using ftp = await serveFtp({ tls });
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const port = await talk.passivePort();
    const early = await secureData(port); // hello before the command
    const handshake = once(early, "secureConnect");
    await talk.ask("STOR empty", 150);
    await handshake;
    early.end();
    await talk.expect(226);
    expect((await getFile(ftp.store, "/empty"))?.length).toBe(0);
  });

  it("gets no handshake in time: 425", async () => {
    await using ftp = await serveFtp({ tls, connectTimeout: 1 });
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    await talk.expect(425);
    data.destroy();
    await talk.ask("NOOP", 200);
  });

  it("can be aborted, during the handshake too", async () => {
    await using ftp = await serveFtp({ tls });
    await putFile(ftp.store, "/big", Buffer.alloc(20_000_000));
    using talk = await FtpTalk.loginSecurely(ftp.port);
    await talk.data();
    await talk.ask("STOR file", 150);
    talk.send("ABOR");
    await talk.expect(426);
    await talk.expect(226);
    const data = await secureData(await talk.passivePort());
    await talk.ask("RETR big", 150);
    await once(data, "readable");
    talk.send("ABOR");
    await talk.expect(426);
    await talk.expect(226);
    expect(await namesIn(ftp.store)).toEqual(["big"]);
  });

  it("is the server's side of TLS on active connections too", async () => {
    await using ftp = await serveFtp({ tls, active: true });
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    await talk.ask(`EPRT |1|127.0.0.1|${port}|`, 200);
    const arrived = once(listener, "connection") as Promise<[Socket]>;
    await talk.ask("RETR file", 150);
    const [plain] = await arrived;
    const secured = secureConnect({ socket: plain, rejectUnauthorized: false });
    expect((await readAll(secured)).toString()).toBe("content");
    await talk.expect(226);
    listener.close();
  });
});

describe("TLS sessions", () => {
  /** Logs in and gives the ticket that the control connection got. */
  async function withTicket(port: number, maxVersion?: "TLSv1.2") {
    const tickets: Buffer[] = [];
    const talk = await FtpTalk.open(port);
    await talk.expect(220);
    await talk.ask("AUTH TLS", 234);
    const secured = talk.secure(maxVersion === undefined ? {} : { maxVersion });
    (talk.socket as TLSSocket).on("session", (ticket) => tickets.push(ticket));
    await secured;
    for (const line of ["PBSZ 0", "PROT P", "USER micro", "PASS python", "TYPE I"]) {
      talk.send(line);
      expect((await talk.reply()).code).toBeLessThan(400);
    }
    return { talk, ticket: await until(() => tickets.at(-1)) };
  }

  it.each([["TLSv1.2"], [undefined]] as const)(
    "are resumed on data connections (%s), as pyftpdlib (#288) and ftp-srv (#252) do not",
    async (maxVersion) => {
      await using ftp = await serveFtp({ tls: { ...tls, sessionReuse: "required" } });
      await putFile(ftp.store, "/file", "content");
      const { talk, ticket } = await withTicket(ftp.port, maxVersion);
      const { talk: other, ticket: otherTicket } = await withTicket(ftp.port, maxVersion);
      for (let round = 0; round < 2; round++) {
        const data = await secureData(await talk.passivePort(), ticket, maxVersion);
        const handshake = once(data, "secureConnect").then(() => data.isSessionReused());
        await talk.ask("RETR file", 150);
        expect((await readAll(data)).toString()).toBe("content");
        expect(await handshake).toBe(true);
        await talk.expect(226);
      }
      // Nobody's, and somebody else's session: no byte, no file.
      for (const wrong of [undefined, otherTicket]) {
        const data = await secureData(await talk.passivePort(), wrong, maxVersion);
        await talk.ask("RETR file", 150);
        expect((await readAll(data).catch(() => Buffer.alloc(0))).length).toBe(0);
        await talk.expect(522);
        const upload = await secureData(await talk.passivePort(), wrong, maxVersion);
        await talk.ask("STOR stolen", 150);
        upload.end("bytes");
        await talk.expect(522);
      }
      const upload = await secureData(await talk.passivePort(), ticket, maxVersion);
      const handshake = once(upload, "secureConnect").then(() => upload.isSessionReused());
      await talk.ask("STOR kept", 150);
      upload.end("bytes");
      expect(await handshake).toBe(true);
      await talk.expect(226);
      expect(await namesIn(ftp.store)).toEqual(["file", "kept"]);
      other.socket.destroy();
      talk.socket.destroy();
    },
  );

  it("are offered for resumption, and not asked for, by default", async () => {
    await using ftp = await serveFtp({ tls });
    await putFile(ftp.store, "/file", "content");
    const { talk, ticket } = await withTicket(ftp.port);
    for (const session of [ticket, undefined]) {
      const data = await secureData(await talk.passivePort(), session);
      const handshake = once(data, "secureConnect").then(() => data.isSessionReused());
      await talk.ask("RETR file", 150);
      expect((await readAll(data)).toString()).toBe("content");
      expect(await handshake).toBe(session !== undefined);
      await talk.expect(226);
    }
    talk.socket.destroy();
  });
});

describe("a certificate", () => {
  it("that is self-signed is made once, kept for its owner only, and told", async () => {
    const kept = await mkdtemp(join(directory, "kept-"));
    const own = join(kept, "inside");
    const shown: string[] = [];
    for (let round = 0; round < 2; round++) {
      await using ftp = await serveFtp({ tls: { selfSigned: own } });
      const event = ftp.events.find((candidate) => candidate.type === "certificate");
      using talk = await FtpTalk.loginSecurely(ftp.port);
      const peer = (talk.socket as TLSSocket).getPeerCertificate();
      expect(event).toMatchObject({ fingerprint: peer.fingerprint256, selfSigned: true });
      shown.push(peer.fingerprint256);
    }
    expect(shown[0]).toBe(shown[1]);
    const { stat } = await import("node:fs/promises");
    expect((await stat(join(own, "self-signed.pem"))).mode & 0o777).toBe(0o600);
  });

  it("is read again when its files change, without a restart; who is in stays", async () => {
    const files = { cert: join(directory, "cert.pem"), key: join(directory, "key.pem") };
    await Promise.all([writeFile(files.cert, tls.cert), writeFile(files.key, tls.key)]);
    await using ftp = await serveFtp({ tls: { ...files, reloadSeconds: 1 } });
    using before = await FtpTalk.loginSecurely(ftp.port);
    const other = await keepSelfSigned(join(directory, "other"));
    await writeFile(files.cert, other.cert); // the key does not fit yet: the old pair stays
    await until(() => ftp.events.some((event) => event.type === "error"));
    using meanwhile = await FtpTalk.loginSecurely(ftp.port);
    await writeFile(files.key, other.key);
    await until(() => ftp.events.filter((event) => event.type === "certificate").length === 2);
    using after = await FtpTalk.loginSecurely(ftp.port);
    const fingerprint = (talk: FtpTalk) => (talk.socket as TLSSocket).getPeerCertificate().fingerprint256;
    expect(fingerprint(meanwhile)).toBe(fingerprint(before));
    expect(fingerprint(after)).not.toBe(fingerprint(before));
    await before.ask("NOOP", 200);
    // The key's text is in no event.
    expect(JSON.stringify(ftp.events)).not.toContain(other.key.split("\n")[1]);
  });

  it("that cannot be used is said so, and nothing listens", async () => {
    const { createFtpServer, createMemoryStore } = await import("../../src/index.ts");
    const store = createMemoryStore();
    const missing = createFtpServer({ store, tls: { cert: join(directory, "nowhere.pem"), key: tls.key } });
    await expect(missing.listen({ port: 0 })).rejects.toMatchObject({ code: "PORTHOLE_ERR_CERTIFICATE" });
    expect(missing.state).toBe(-1);
    const { key } = await keepSelfSigned(join(directory, "third"));
    const mixed = createFtpServer({ store, tls: { cert: tls.cert, key } });
    await expect(mixed.listen({ port: 0 })).rejects.toMatchObject({ code: "PORTHOLE_ERR_CERTIFICATE" });
    expect(() => createFtpServer({ store, tls: { cert: tls.cert } })).toThrow(
      expect.objectContaining({ code: "PORTHOLE_ERR_ARGUMENT" }),
    );
  });
});

describe("real clients over TLS", () => {
  it("basic-ftp", async () => {
    for (const implicit of [false, true]) {
      await using ftp = await serveFtp({ tls: { ...tls, implicit, required: true } });
      const client = new Client(10_000);
      try {
        await client.access({
          host: "127.0.0.1",
          port: ftp.port,
          user: "micro",
          password: "python",
          secure: implicit ? "implicit" : true,
          secureOptions: { rejectUnauthorized: false },
        });
        const file = join(directory, "basic");
        await writeFile(file, big);
        await client.uploadFrom(file, "up");
        await client.downloadTo(`${file}.back`, "up");
        expect((await readFile(`${file}.back`)).equals(big)).toBe(true);
        expect((await client.list()).map((entry) => entry.name)).toEqual(["up"]);
      } finally {
        client.close();
      }
    }
  });

  clientIt("curl, explicit and implicit, with session reuse required", "curl", async (curl) => {
    for (const implicit of [false, true]) {
      await using ftp = await serveFtp({ tls: { ...tls, implicit, required: true, sessionReuse: "required" } });
      const file = join(directory, "curl");
      await writeFile(file, big);
      const url = `${implicit ? "ftps" : "ftp"}://micro:python@127.0.0.1:${ftp.port}/dir/up`;
      const common = ["-sS", "-k", "--ssl-reqd", "--ftp-create-dirs", "--max-time", "20"];
      const up = await run(curl, [...common, "-T", file, url]);
      expect(up).toEqual({ code: 0, output: "" });
      const down = await run(curl, [...common, "-o", `${file}.back`, url]);
      expect(down).toEqual({ code: 0, output: "" });
      expect((await readFile(`${file}.back`)).equals(big)).toBe(true);
    }
  });

  clientIt("lftp with ssl-force, with session reuse required", "lftp", async (lftp) => {
    await using ftp = await serveFtp({ tls: { ...tls, required: true, sessionReuse: "required" } });
    const file = join(directory, "lftp");
    await writeFile(file, big);
    const script = [
      "set ftp:ssl-force true; set ftp:ssl-protect-data true; set ftp:ssl-protect-list true",
      "set ssl:verify-certificate no; set net:max-retries 1; set net:timeout 10",
      `open -u micro,python ftp://127.0.0.1:${ftp.port}`,
      `put ${file} -o up; get up -o ${file}.back; cls -1; bye`,
    ].join("; ");
    const { code, output } = await run(lftp, ["-c", script]);
    expect(output).toContain("up");
    expect(code).toBe(0);
    expect((await readFile(`${file}.back`)).equals(big)).toBe(true);
  });

  clientIt("rclone, with session reuse required", "rclone", async (rclone) => {
    await using ftp = await serveFtp({ tls: { ...tls, required: true, sessionReuse: "required" } });
    const file = join(directory, "rclone");
    await writeFile(file, big);
    const password = (await run(rclone, ["obscure", "python"])).output.trim();
    const options = ["explicit_tls=true", "no_check_certificate=true", "user=micro", `pass=${password}`];
    const remote = `:ftp,host=127.0.0.1,port=${ftp.port},${options.join()}:`;
    for (const [from, to] of [
      [file, `${remote}up`],
      [`${remote}up`, `${file}.back`],
    ] as const) {
      const { code, output } = await run(rclone, ["--retries", "1", "copyto", from, to]);
      expect({ code, output: output.replace(/.*NOTICE: Config file.*\n/, "") }).toEqual({ code: 0, output: "" });
    }
    expect((await readFile(`${file}.back`)).equals(big)).toBe(true);
  });

  clientIt("Python's ftplib.FTP_TLS", "python3", async (python) => {
    await using ftp = await serveFtp({ tls: { ...tls, required: true } });
    const script = `
import ftplib, io, hashlib
ftp = ftplib.FTP_TLS()
ftp.connect("127.0.0.1", ${ftp.port}, timeout=10)
ftp.login("micro", "python")
ftp.prot_p()
ftp.storbinary("STOR up", io.BytesIO(bytes(range(256)) * 10000))
got = io.BytesIO()
ftp.retrbinary("RETR up", got.write)
print(hashlib.sha256(got.getvalue()).hexdigest(), ftp.nlst())
ftp.quit()
`;
    const { output } = await run(python, ["-"], script);
    const pattern = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i));
    const sum = createHash("sha256")
      .update(Buffer.concat(Array<Buffer>(10_000).fill(pattern)))
      .digest("hex");
    expect(output).toBe(`${sum} ['up']\n`);
  });

  clientIt("openssl s_client -starttls ftp", "openssl", async (openssl) => {
    await using ftp = await serveFtp({ tls });
    const child = spawn(openssl, ["s_client", "-quiet", "-starttls", "ftp", "-connect", `127.0.0.1:${ftp.port}`]);
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    let told = "";
    child.stderr.on("data", (chunk) => {
      told += chunk;
    });
    await until(() => told.includes("verify return:1"));
    await until(() => ftp.server.sessions().length === 1);
    const typing = setInterval(() => child.stdin.write("USER micro\r\n"), 200); // it has no word for "ready"
    await until(() => output.includes("331 ")).finally(() => clearInterval(typing));
    child.stdin.write("PASS python\r\n");
    await until(() => output.includes("230 "));
    child.stdin.write("QUIT\r\n");
    await until(() => output.includes("221 "));
    await until(() => child.exitCode !== null);
  });
});
