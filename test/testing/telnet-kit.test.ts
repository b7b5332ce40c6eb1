/**
 * The Telnet half of `porthole/testing`, used as the tests of a client would use it: telnet-client's own uses against it.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { Telnet } from "telnet-client";
import { describe, expect, it } from "vitest";
import { shell, startDialogue, type Talk, withTelnetServer } from "../../src/testing/index.ts";

async function withClient<Result>(use: (client: Telnet) => Promise<Result>): Promise<Result> {
  const client = new Telnet();
  client.on("error", () => {});
  try {
    return await use(client);
  } finally {
    await client.destroy().catch(() => {});
  }
}

const DEVICE = shell({
  greeting: "BusyBox v1.36",
  login: { user: "root", password: "secret" },
  prompt: "/ # ",
  answers: {
    uptime: "23:14  up 1 day, 21:50, 6 users",
    slow: async (_, talk) => {
      await talk.delay(60);
      return "done";
    },
    hang: (_, talk) => talk.stall(),
    reboot: (_, talk) => talk.reset() as undefined,
    half: async (_, talk) => {
      await talk.send("only half of an ans");
      talk.close();
      return undefined;
    },
  },
});

const LOGIN = {
  host: "127.0.0.1",
  shellPrompt: "/ # ",
  loginPrompt: /login: $/,
  passwordPrompt: /Password: $/,
  username: "root",
  password: "secret",
  timeout: 30_000,
  execTimeout: 30_000,
};

describe("telnet-client with a dialogue", () => {
  it("logs in and gets answers", async () => {
    await withTelnetServer({ dialogue: DEVICE }, ({ port, transcript }) =>
      withClient(async (client) => {
        await client.connect({ ...LOGIN, port });
        expect(await client.exec("uptime")).toContain("up 1 day, 21:50");
        expect(await client.exec("slow")).toContain("done");
        expect(await client.exec("nonsense")).toContain("nonsense: not found");
        transcript.assertSaid(["root", "***", "uptime", "slow"]);
        expect(String(transcript)).toContain(
          "> BusyBox v1.36\n> login: \n< root\n> Password: \n< ***\n> / # \n< uptime",
        );
        expect(String(transcript)).not.toContain("secret");
      }),
    );
  });

  it("is not let in", async () => {
    await withTelnetServer({ dialogue: DEVICE }, ({ port, transcript }) =>
      withClient(async (client) => {
        let connected = false;
        const connecting = client.connect({ ...LOGIN, port, password: "wrong" });
        connecting.then(
          () => (connected = true),
          () => {}, // when its own time is over
        );
        await expect.poll(() => String(transcript)).toContain("< ***\n> Login incorrect");
        expect(connected).toBe(false);
      }),
    );
  });

  it("waits for a device that hangs, and times out", async () => {
    await withTelnetServer({ dialogue: DEVICE }, ({ port, transcript }) =>
      withClient(async (client) => {
        await client.connect({ ...LOGIN, port });
        await expect(client.exec("hang", { execTimeout: 100 })).rejects.toThrow(/response not received/);
        await transcript.said("hang");
      }),
    );
  });

  it("sees the device go: broken off, and ended in the middle of an answer", async () => {
    for (const command of ["reboot", "half"]) {
      await withTelnetServer({ dialogue: DEVICE }, ({ port }) =>
        withClient(async (client) => {
          await client.connect({ ...LOGIN, port });
          const ended = once(client, "close");
          const answer = client.exec(command, { execTimeout: 200 }).catch((error: unknown) => error);
          await ended;
          await answer;
        }),
      );
    }
  });

  it("needs no login where there is none", async () => {
    const dialogue = shell({ prompt: "> ", answers: { "show version": "IOS 15\nuptime 3 weeks" } });
    await withTelnetServer({ dialogue }, ({ port }) =>
      withClient(async (client) => {
        await client.connect({ host: "127.0.0.1", port, shellPrompt: "> ", timeout: 30_000, execTimeout: 30_000 });
        expect(await client.exec("show version")).toMatch(/IOS 15\r?\nuptime 3 weeks/);
      }),
    );
  });
});

describe("telnet-client with Porthole's own server", () => {
  it("logs in and gets answers", async () => {
    const answers = { "1 + 1": "2", time: () => "late" };
    await withTelnetServer({ answers, user: "anna", password: "geheim" }, ({ port, transcript, events, server }) =>
      withClient(async (client) => {
        await client.connect({
          ...LOGIN,
          port,
          username: "anna",
          password: "geheim",
          loginPrompt: /Login as: $/,
          passwordPrompt: /Password: $/,
          shellPrompt: />>> $/,
        });
        expect(await client.exec("1 + 1")).toContain("2");
        expect(await client.exec("time")).toContain("late");
        expect(server?.user?.user).toBe("anna");
        transcript.assertSaid(["1 + 1", "time"]);
        expect((await events.event("logged-in")).user).toBe("anna");
      }),
    );
  });
});

describe("a dialogue", () => {
  it("fails the test when the client says something else", async () => {
    const dialogue = async (talk: Talk) => {
      await talk.send("220 hello\n");
      await talk.expect("USER anna");
    };
    const server = await startDialogue(dialogue, { telnet: false });
    const socket = connect(server.port, server.host);
    await once(socket, "data");
    socket.write("USER bert\r\n");
    await once(socket.resume(), "close");
    await expect(server.close()).rejects.toThrow(/"USER bert" and not USER anna/);
  });

  it("of bare lines sends what it is told and nothing else", async () => {
    const dialogue = async (talk: Talk) => {
      await talk.send("120 Wait.\n220 Now.\n");
      await talk.expect(/^USER/);
      await talk.raw(Uint8Array.of(0x33, 0x33, 0x31, 0xff, 13, 10));
    };
    await using server = await startDialogue(dialogue, { telnet: false });
    const socket = connect(server.port, server.host);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.write("USER anna\r\n");
    await once(socket, "close");
    expect(Buffer.concat(chunks).toString("latin1")).toBe("120 Wait.\r\n220 Now.\r\n331\xff\r\n");
  });

  it("ends without a fuss when the client leaves", async () => {
    const server = await startDialogue(shell());
    const socket = connect(server.port, server.host);
    await once(socket, "data");
    socket.end();
    await once(socket.resume(), "close");
    await server.close();
  });
});
