/**
 * The FTP half of `porthole/testing`, used as the tests of a client would use it: basic-ftp's own uses against it.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { Client, FTPError } from "basic-ftp";
import { describe, expect, it } from "vitest";
import { startTestFtpServer, type TestFtpServer, withFtpServer } from "../../src/testing/index.ts";

async function withClient<Result>(server: TestFtpServer, use: (client: Client) => Promise<Result>, timeoutMs = 5_000) {
  const client = new Client(timeoutMs);
  try {
    await client.access({ host: server.host, port: server.port, user: server.user, password: server.password });
    return await use(client);
  } finally {
    client.close();
  }
}

async function download(client: Client, path: string, startAt = 0): Promise<string> {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await client.downloadTo(stream, path, startAt);
  return Buffer.concat(chunks).toString();
}

describe("basic-ftp with a server of porthole/testing", () => {
  it("lists, uploads, downloads, renames, removes", async () => {
    await withFtpServer({ files: { "/data/a.txt": "hello", "/data/deep/b.bin": Uint8Array.of(1, 2, 3) } }, (server) =>
      withClient(server, async (client) => {
        const names = (await client.list("/data")).map(({ name, size }) => [name, size]);
        expect(names.sort()).toEqual([
          ["a.txt", 5],
          ["deep", 0],
        ]);
        expect(await download(client, "/data/a.txt")).toBe("hello");
        expect(await download(client, "/data/a.txt", 3)).toBe("lo");
        await client.uploadFrom(Readable.from(["new"]), "/data/c.txt");
        await server.assertFile("/data/c.txt", "new");
        await client.rename("/data/c.txt", "/data/d.txt");
        await client.remove("/data/a.txt");
        await client.ensureDir("/one/two");
        expect(await client.size("/data/d.txt")).toBe(3);
        await client.removeDir("/data/deep");
        expect(await server.list("/data")).toEqual(["d.txt"]);
        expect(await server.list()).toEqual(["data/", "one/"]);
        server.transcript.assertSaid(["USER micro", "PASS ***", /^STOR .*c\.txt/, "RNTO /data/d.txt", /^DELE/]);
        expect(() => server.transcript.assertSaid([/^DELE/, /^RNTO/])).toThrow(/did not say/);
        expect(server.events.types).toContain("upload");
        expect(String(server.transcript)).toMatch(/^> 220 .*\n< USER micro\n> 331 /s);
      }),
    );
  });

  it("is refused, and told why", async () => {
    await withFtpServer(
      { files: { "/a": "1" }, faults: [{ on: "RETR", do: "reply", text: "550 Out of paper." }] },
      (server) =>
        withClient(server, async (client) => {
          const failure = await download(client, "/a").catch((error: unknown) => error);
          expect(failure).toBeInstanceOf(FTPError);
          expect(failure).toMatchObject({ code: 550, message: expect.stringContaining("Out of paper") });
          expect(await download(client, "/a")).toBe("1");
        }),
    );
  });

  it("is told that the server is full", async () => {
    const faults = [{ on: "connect", do: "reply", text: "421 Full." }] as const;
    await withFtpServer({ faults }, async (server) => {
      await expect(withClient(server, async () => {})).rejects.toMatchObject({ code: 421 });
      expect(await withClient(server, (client) => client.pwd())).toBe("/");
    });
  });

  const big = "0123456789".repeat(100_000);

  it("loses the data connection in the middle of a download, and gets the rest later", async () => {
    await withFtpServer({ files: { "/big": big } }, async (server) => {
      server.fault({ on: "RETR", do: "close", afterBytes: 300_000 });
      await withClient(server, async (client) => {
        const stream = new PassThrough();
        let part = "";
        stream.on("data", (chunk) => {
          part += chunk;
        });
        await expect(client.downloadTo(stream, "/big")).rejects.toMatchObject({ code: 426 });
        expect(part.length).toBe(300_000);
        part += await download(client, "/big", part.length);
        expect(part).toBe(big);
      });
    });
  });

  it("loses the data connection in the middle of an upload, of which nothing stays", async () => {
    await withFtpServer({ faults: [{ on: "STOR", do: "reset", afterBytes: 65_536 }] }, (server) =>
      withClient(server, async (client) => {
        await expect(client.uploadFrom(Readable.from([Buffer.from(big)]), "/up")).rejects.toThrow();
        await server.events.event("transfer-end");
        expect(await server.read("/up")).toBeUndefined();
      }),
    );
  });

  it("loses everything in the middle of a transfer", async () => {
    await withFtpServer(
      { files: { "/big": big }, faults: [{ on: "RETR", do: "close", afterBytes: 1_000, control: true }] },
      (server) =>
        withClient(server, async (client) => {
          await expect(download(client, "/big")).rejects.toThrow();
          expect(client.closed).toBe(true);
        }),
    );
  });

  it("meets a server that stalls, and times out", async () => {
    await withFtpServer({ files: { "/big": big } }, async (server) => {
      server.fault({ on: "RETR", do: "stall", afterBytes: 10 });
      await withClient(server, (client) => expect(download(client, "/big")).rejects.toThrow(/[Tt]imeout/), 300);
      server.fault({ on: "PWD", do: "stall" });
      await withClient(server, (client) => expect(client.pwd()).rejects.toThrow(/[Tt]imeout/), 300);
    });
  });

  it("meets a server that is late, and waits", async () => {
    await withFtpServer({ files: { "/big": big } }, async (server) => {
      server.fault({ on: "PWD", do: "delay", ms: 50 });
      server.fault({ on: "RETR", do: "delay", ms: 50, afterBytes: 10 });
      await withClient(server, async (client) => {
        const start = performance.now();
        expect(await client.pwd()).toBe("/");
        expect(await download(client, "/big")).toBe(big);
        expect(performance.now() - start).toBeGreaterThan(98);
      });
    });
  });

  it("is cut off at a command, with an end and with a reset", async () => {
    for (const how of ["close", "reset"] as const) {
      await withFtpServer({ faults: [{ on: /^SIZE \/x/, do: how }] }, (server) =>
        withClient(server, (client) => expect(client.size("/x")).rejects.toThrow(/closed|reset|ECONNRESET|FIN/i)),
      );
    }
  });

  it("can be made to fail later, and more often than once", async () => {
    const faults = [{ on: "PWD", do: "reply", text: "550 No.", after: 1, times: 2 }] as const;
    await withFtpServer({ faults }, (server) =>
      withClient(server, async (client) => {
        const results: string[] = [];
        for (let i = 0; i < 5; i++) results.push(await client.pwd().catch(() => "no"));
        expect(results).toEqual(["/", "no", "no", "/", "/"]);
        server.fault({ on: "PWD", do: "reply", text: "550 No.", times: Number.POSITIVE_INFINITY });
        await expect(client.pwd()).rejects.toThrow();
        server.clearFaults();
        expect(await client.pwd()).toBe("/");
      }),
    );
  });
});

describe("a server of porthole/testing", () => {
  it("shows the program's own decisions: users, refusals of uploads", async () => {
    const options = { user: "anna", password: "geheim", onUpload: () => "Not today." };
    await withFtpServer(options, async (server) => {
      expect(server.url).toBe(`ftp://anna:geheim@127.0.0.1:${server.port}/`);
      await withClient(server, (client) =>
        expect(client.uploadFrom(Readable.from(["x"]), "/x")).rejects.toMatchObject({
          message: expect.stringContaining("Not today."),
        }),
      );
      await expect(server.assertFile("/x", "x")).rejects.toThrow(/no file \/x/);
      expect(String(server.transcript)).not.toContain("geheim");
    });
  });

  it("goes away at once, with clients in the middle of a talk", async () => {
    const server = await startTestFtpServer();
    const socket = connect(server.port, server.host);
    socket.on("error", () => {});
    await once(socket, "data");
    const closed = once(socket, "close");
    await server.close();
    await closed;
    await expect(once(connect(server.port, server.host), "connect")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("is closed when the test fails, and gives the test's error", async () => {
    let port = 0;
    const failing = withFtpServer(async (server) => {
      port = server.port;
      throw new Error("the test's own");
    });
    await expect(failing).rejects.toThrow("the test's own");
    await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("tells what was said when it waits in vain", async () => {
    await withFtpServer(async (server) => {
      const waiting = server.transcript.said("NOOP", 50);
      await expect(waiting).rejects.toThrow(/did not say NOOP/);
      await expect(server.events.event("upload", 50)).rejects.toThrow(/no event upload/);
    });
  });
});
