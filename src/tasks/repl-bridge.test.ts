import { MessageChannel } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import type { ReplHost } from "../contracts/repl.ts";
import { Bell } from "../native/bell.ts";
import { ConsoleWords } from "./console-words.ts";
import { createEchoPermit, EchoPermitReader } from "./echo-permit.ts";
import { createStaleMark } from "./key-sender.ts";
import { createKeySlot, KeySlot } from "./key-slot.ts";
import { createRing } from "./output-ring.ts";
import { serveRepl } from "./repl-bridge.ts";
import type { ReplRequest } from "./repl-messages.ts";

const WAYS = [
  { way: "that the slot tells of", bell: (): Bell | undefined => undefined },
  { way: "that a bell tells of, where there is one", bell: (): Bell | undefined => Bell.hang() },
];

function opening(): ReplRequest & { type: "open" } {
  return {
    type: "open",
    session: 1,
    peer: "127.0.0.1:1",
    user: "micro",
    terminalType: "xterm",
    size: { columns: 80, rows: 24 },
    ring: createRing(64),
    staleMark: createStaleMark(),
    slot: createKeySlot(),
    permit: createEchoPermit(),
    bell: undefined,
  };
}

it.each(WAYS)("takes a key $way, typed before the prompt was there and after", async ({ bell: hang }) => {
  const keys: string[] = [];
  let arrived: () => void = () => undefined;
  const host: ReplHost = {
    name: "keys",
    version: "1",
    open: () => ({
      input(bytes) {
        keys.push(Buffer.from(bytes).toString());
        arrived();
        return undefined;
      },
      resize() {},
      interrupt() {},
      close() {},
    }),
  };
  const { port1, port2 } = new MessageChannel();
  const bridge = serveRepl(host, port1, new ConsoleWords());
  const bell = hang();
  onTestFinished(() => {
    bridge.close();
    bell?.close();
  });
  const shared = createKeySlot();
  const slot = new KeySlot(shared, bell && (() => bell.ring()));
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
    });
  const first = next();
  slot.put(Buffer.from("a"), 1);
  port2.postMessage({ ...opening(), slot: shared, bell: bell?.end });
  await first;
  for (const key of ["b", "c"]) {
    const another = next();
    expect(slot.put(Buffer.from(key), 2)).toBe(true);
    await another;
  }
  expect(keys).toEqual(["a", "b", "c"]);
});

it("says what the prompt would show, and shows what the screen has only where something was printed since", async () => {
  const log: string[] = [];
  const echo = { insert: 70, erase: 2 };
  const host: ReplHost = {
    name: "keys",
    version: "1",
    open(terminal) {
      void terminal.write(Buffer.from("> "));
      return {
        input(bytes) {
          log.push(`input ${Buffer.from(bytes)}`);
          return terminal.write(bytes);
        },
        inputShown(bytes) {
          log.push(`shown ${Buffer.from(bytes)}`);
          return undefined;
        },
        echo: () => echo,
        resize() {},
        interrupt() {},
        close() {},
      };
    },
  };
  const { port1, port2 } = new MessageChannel();
  const bridge = serveRepl(host, port1, new ConsoleWords());
  onTestFinished(() => bridge.close());
  const open = opening();
  const permits = new EchoPermitReader(open.permit);
  const send = (request: ReplRequest): void => port2.postMessage(request);
  const key = (text: string, number: number, shownAt?: number): void =>
    send({ type: "input", session: 1, bytes: Buffer.from(text), number, shownAt });
  const says = (key: number, written: number, columns = 80): Promise<void> =>
    expect.poll(() => permits.read()).toEqual({ ...echo, key, written, columns });
  send(open);
  await says(0, 2);
  key("a", 1);
  await says(1, 3);
  key("b", 2, 3);
  await says(2, 3);
  key("c", 3, 2);
  await says(3, 4);
  send({ type: "resize", session: 1, size: { columns: 100, rows: 24 } });
  await says(3, 4, 100);
  new Int32Array(open.staleMark)[0] = 4;
  key("stale", 4, 4);
  await says(4, 4, 100);
  expect(log).toEqual(["input a", "shown b", "input c"]);
});

it("says nothing for a prompt that cannot take keys that are on the screen", async () => {
  const log: string[] = [];
  const host: ReplHost = {
    name: "keys",
    version: "1",
    open: () => ({
      input(bytes) {
        log.push(`input ${Buffer.from(bytes)}`);
        return undefined;
      },
      echo: () => ({ insert: 70, erase: 2 }),
      resize() {},
      interrupt() {},
      close() {},
    }),
  };
  const { port1, port2 } = new MessageChannel();
  const bridge = serveRepl(host, port1, new ConsoleWords());
  onTestFinished(() => bridge.close());
  const open = opening();
  const permits = new EchoPermitReader(open.permit);
  const before = permits.read();
  port2.postMessage(open);
  port2.postMessage({ type: "input", session: 1, bytes: Buffer.from("a"), number: 1, shownAt: undefined });
  await expect.poll(() => log).toEqual(["input a"]);
  expect(permits.read()).toEqual(before);
});
