import { describe, expect, it } from "vitest";
import { LIMITS } from "../contracts/limits.ts";
import { KeyReceiver } from "./key-receiver.ts";
import { createStaleMark, KeySender } from "./key-sender.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Both ends, with a port between them that a test delivers, and interrupts that it decides. */
function create() {
  const log: string[] = [];
  const open: (() => void)[] = [];
  const port: (() => void)[] = [];
  let room: (() => void) | undefined;
  let slow = false;
  const staleMark = createStaleMark();
  const sender = new KeySender({
    staleMark,
    post: (keys, number) => void port.push(() => receiver.receive(keys, number)),
    interrupt() {
      log.push("^C");
      return new Promise((resolve) => open.push(resolve));
    },
  });
  const receiver = new KeyReceiver({
    staleMark,
    take(keys) {
      log.push(new TextDecoder().decode(keys));
      if (!slow) return undefined;
      return new Promise((resolve) => {
        room = resolve;
      });
    },
    taken: (count) => sender.taken(count),
  });
  return {
    log,
    sender,
    receiver,
    type: (text: string) => sender.input(bytes(text)),
    setSlow(value: boolean) {
      slow = value;
    },
    async deliver() {
      for (const message of port.splice(0)) message();
      await turn();
    },
    async take() {
      room?.();
      await turn();
    },
    async decide() {
      open.shift()?.();
      await turn();
    },
  };
}

describe("keys and Ctrl-C", () => {
  it("are counted up to the last one that was forgotten, also when the REPL takes an earlier one after that", async () => {
    const keys = create();
    keys.setSlow(true);
    for (const key of "abc") void keys.type(key);
    await keys.deliver();
    expect(keys.log).toEqual(["a"]);
    keys.receiver.forget();
    expect(keys.receiver.last).toBe(3);
    await keys.take();
    expect(keys.receiver.last).toBe(3);
    expect(keys.sender.isFree).toBe(true);
  });

  it("keep their order: what is behind a Ctrl-C waits until it is decided", async () => {
    const { sender, type, log, deliver, decide } = create();
    void type("a");
    sender.interrupt();
    void type("b");
    await deliver();
    expect(log).toEqual(["^C", "a"]);
    await decide();
    await deliver();
    expect(log).toEqual(["^C", "a", "b"]);
  });

  it("drop what was typed between two, as a terminal does, and what follows is kept", async () => {
    const { sender, type, log, deliver, decide } = create();
    sender.interrupt();
    void type("between");
    sender.interrupt();
    sender.interrupt();
    void type("after");
    await decide();
    await deliver();
    expect(log).toEqual(["^C", "after"]);
  });

  it("drop what is under way when the program was stopped, and nothing that comes later", async () => {
    const { sender, type, log, deliver, decide, setSlow, take } = create();
    setSlow(true);
    void type("spin");
    void type("waits");
    await deliver();
    void type("on its way");
    sender.interrupt();
    void type("after");
    sender.markStale();
    await decide();
    setSlow(false);
    await take();
    await deliver();
    expect(log).toEqual(["spin", "^C", "after"]);
  });

  it("drop what waits when the event loop answers", async () => {
    const { receiver, type, log, deliver, setSlow, take } = create();
    setSlow(true);
    void type("takes long");
    void type("waits");
    await deliver();
    receiver.forget();
    await take();
    void type("after");
    await deliver();
    expect(log).toEqual(["takes long", "after"]);
  });

  it("wait behind other work too", async () => {
    const { sender, type, log, deliver } = create();
    let done: () => void = () => {};
    void sender.hold(
      () =>
        new Promise((resolve) => {
          done = resolve;
        }),
    );
    void type("a");
    await deliver();
    expect(log).toEqual([]);
    done();
    await turn();
    await deliver();
    expect(log).toEqual(["a"]);
  });

  it("have their turn behind other work: a Ctrl-C meanwhile is not lost", async () => {
    const { sender, type, log, deliver, decide } = create();
    let done = (): void => {};
    void sender.hold(() => new Promise((resolve) => (done = resolve)));
    void type("gone");
    sender.interrupt();
    sender.interrupt();
    void type("kept");
    await deliver();
    expect(log).toEqual([]);
    done();
    await turn();
    await deliver();
    expect(log).toEqual(["^C"]);
    await decide();
    await deliver();
    expect(log).toEqual(["^C", "kept"]);
    sender.interrupt();
    expect(log).toEqual(["^C", "kept", "^C"]);
  });

  it("are forgotten with the session", async () => {
    const { sender, type, log, deliver, decide } = create();
    sender.interrupt();
    void type("x");
    sender.close();
    await decide();
    await deliver();
    expect(log).toEqual(["^C"]);
  });
});

describe("a sender", () => {
  it("asks to wait above its limit, and tells when there is room, also when it is a Ctrl-C that makes it", async () => {
    const { sender, type, deliver } = create();
    const limit = LIMITS.taskInputBytes.value;
    expect(type("x".repeat(limit - 1))).toBeUndefined();
    const wait = type("y");
    expect(wait).toBeInstanceOf(Promise);
    expect(type("z")).toBe(wait);
    await deliver();
    await wait;
    sender.interrupt();
    const held = type("x".repeat(limit));
    sender.interrupt();
    await held;
    expect(type("more")).toBeUndefined();
  });

  it("go on when the REPL has thrown one back", async () => {
    const log: string[] = [];
    let taken = 0;
    const receiver = new KeyReceiver({
      staleMark: createStaleMark(),
      take(keys) {
        const text = new TextDecoder().decode(keys);
        if (text === "a") throw new Error("no a");
        log.push(text);
        return text === "b" ? Promise.reject(new Error("no b")) : undefined;
      },
      taken: (count) => {
        taken += count;
      },
    });
    for (const [place, key] of ["a", "b", "c"].entries()) receiver.receive(bytes(key), place + 1);
    await turn();
    expect(log).toEqual(["b", "c"]);
    expect(taken).toBe(3);
  });
});
