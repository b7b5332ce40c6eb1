import { afterEach, expect, it } from "vitest";
import type { TelnetServerEvent } from "../../src/contracts/events.ts";
import { createTelnetServer } from "../../src/servers/telnet/server.ts";
import type { TelnetServer } from "../../src/servers/telnet/telnet-server.ts";
import { createLineRepl, type LineRepl } from "./line-repl.ts";
import { connectRaw, type RawClient } from "./raw-client.ts";

let server: TelnetServer;
let repl: LineRepl;
let events: TelnetServerEvent[];
const clients: RawClient[] = [];

async function start(options: Omit<Parameters<typeof createTelnetServer>[0], "repl"> = {}): Promise<number> {
  repl = createLineRepl();
  events = [];
  server = createTelnetServer({ repl, port: 0, ...options });
  server.on("*", (event) => events.push(event));
  return (await server.listen()).port;
}

async function client(port: number): Promise<RawClient> {
  const raw = await connectRaw(port);
  clients.push(raw);
  return raw;
}

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await server.close();
});

const FIRST = "\xff\xfb\x01\xff\xfb\x03\xff\xfb\x22\xff\xfd\x1f\xff\xfd\x18";

it("the talk to the byte", async () => {
  const raw = await client(await start());
  await raw.until(`${FIRST}LineRepl v1.0\r\nLogin as: `);
  raw.send("micro\r\n");
  await raw.until("Password: ");
  raw.send("python\r\n");
  await raw.until('\r\nLogin succeeded!\r\nType "help()" for more information.\r\n>>> ');
  expect(raw.received).toBe(
    `${FIRST}LineRepl v1.0\r\nLogin as: Password: \r\nLogin succeeded!\r\n` +
      'Type "help()" for more information.\r\n>>> ',
  );
  raw.send("1+1\r\n");
  await raw.until("1+1\r\n2\r\n>>> ");
  expect(server.state).toBe(4);
  raw.socket.end();
  await raw.closed();
  expect(repl.closed).toEqual(["left"]);
  expect(events.map(({ type }) => type)).toEqual(["listening", "connected", "logged-in", "left"]);
});
