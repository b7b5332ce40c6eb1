import { describe, expect, it } from "vitest";
import type { ConsoleOwner, LeaveReason, RemoteTerminal } from "../contracts/repl.ts";
import { type ConsoleSwitchOptions, createConsoleSwitch } from "./switch.ts";
import type { Draft, ReplScreen, Seat, SwitchedRepl } from "./switched-repl.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

class FakeRepl implements SwitchedRepl {
  readonly name = "Fake";
  readonly version = "v1";
  readonly rawOutput = false;
  busy = false;
  readonly did: string[] = [];
  screen: ReplScreen | undefined;

  connect(screen: ReplScreen): void {
    this.screen = screen;
  }
  print(text: string): undefined | Promise<void> {
    return this.screen?.write(bytes(text));
  }
  input(keys: Uint8Array): undefined {
    this.did.push(`keys ${new TextDecoder().decode(keys)}`);
  }
  resize(size: { readonly columns: number; readonly rows: number }): void {
    this.did.push(`resize ${size.columns}x${size.rows}`);
  }
  interrupt(): void {
    this.did.push("interrupt");
  }
  suspend(): Draft {
    this.did.push("suspend");
    void this.print("<off>");
    return { kept: "draft" };
  }
  resume(seat: Seat, draft: Draft): void {
    this.did.push(
      `resume ${seat.who} ${seat.type} ${seat.size.columns}x${seat.size.rows} ${draft ? "draft" : "fresh"}`,
    );
    void this.print("> ");
  }
}

function bench(options: Partial<ConsoleSwitchOptions> = {}): {
  repl: FakeRepl;
  local: () => string;
  exits: () => number;
  owners: ConsoleOwner[];
  console: ReturnType<typeof createConsoleSwitch>;
} {
  const repl = new FakeRepl();
  let shown = "";
  let exits = 0;
  const owners: ConsoleOwner[] = [];
  const local = {
    type: "xterm",
    size: { columns: 80, rows: 24 },
    write(part: Uint8Array) {
      shown += new TextDecoder().decode(part);
      return undefined;
    },
    exit() {
      exits += 1;
    },
  };
  const console = createConsoleSwitch({ repl, local, onOwner: (owner) => owners.push(owner), ...options });
  return { repl, local: () => shown, exits: () => exits, owners, console };
}

function remote(write?: RemoteTerminal["write"]): RemoteTerminal & { shown: string; ended: LeaveReason[] } {
  return {
    peer: "192.0.2.7:50312",
    user: "micro",
    type: "vt100",
    size: { columns: 100, rows: 30 },
    shown: "",
    ended: [],
    write(part) {
      this.shown += new TextDecoder().decode(part);
      return write?.(part);
    },
    end(reason) {
      this.ended.push(reason);
    },
  };
}

describe("the switch", () => {
  it("tells the local terminal what the device tells, to the byte", () => {
    const goodbyes: Record<LeaveReason, string> = {
      left: "[Telnet] User logged out\r\n",
      evicted: "[Telnet] Connection terminated from REPL\r\n",
      "taken-over": "[Telnet] Connection taken over by another user\r\n",
      timeout: "[Telnet] Connection timeout, terminated\r\n",
      stopped: "[Telnet] Connection terminated, server stopped\r\n",
      exited: "[Telnet] User left the REPL\r\n",
    };
    for (const [reason, goodbye] of Object.entries(goodbyes)) {
      const { console, local, owners } = bench();
      const session = console.host.open(remote());
      expect(local()).toBe("> <off>\r\n[Telnet] User logged in, REPL paused.\r\nCtrl-T to terminate connection\r\n");
      session.close(reason as LeaveReason);
      expect(local().split("connection\r\n")[1]).toBe(`${goodbye}> `);
      expect(owners).toEqual([{ who: "remote", peer: "192.0.2.7:50312", user: "micro" }, { who: "local" }]);
    }
  });

  it("seats one user at a time, with their terminal, and keeps the local draft", () => {
    const { console, repl } = bench();
    const first = remote();
    const session = console.host.open(first);
    expect(() => console.host.open(remote())).toThrow(expect.objectContaining({ code: "PORTHOLE_ERR_CONSOLE_BUSY" }));
    session.resize({ columns: 60, rows: 20 });
    void session.input(bytes("x"));
    session.interrupt();
    session.close("left");
    session.close("left");
    void session.input(bytes("late"));
    session.interrupt();
    session.resize({ columns: 1, rows: 1 });
    console.host.open(remote()).close("left");
    expect(repl.did).toEqual([
      "resume local xterm 80x24 fresh",
      "suspend",
      "resume remote vt100 100x30 fresh",
      "resize 60x20",
      "keys x",
      "interrupt",
      "suspend",
      "resume local xterm 80x24 draft",
      "suspend",
      "resume remote vt100 100x30 fresh",
      "suspend",
      "resume local xterm 80x24 draft",
    ]);
  });

  it("drops local keys but Ctrl-T, and follows the local window meanwhile", () => {
    const { console, repl, local } = bench();
    const visitor = remote();
    console.host.open(visitor);
    void console.localInput(bytes("abc\x03\r"));
    console.localInterrupt();
    console.localResize({ columns: 40, rows: 10 });
    expect(visitor.ended).toEqual([]);
    expect(repl.did.length).toBe(3);
    void console.localInput(bytes("dropped\x14kept"));
    expect(visitor.ended).toEqual(["evicted"]);
    expect(visitor.shown).toBe("> <off>");
    expect(repl.did.slice(3)).toEqual(["suspend", "resume local xterm 40x10 draft", "keys kept"]);
    expect(local().endsWith("[Telnet] Connection terminated from REPL\r\n> ")).toBe(true);
    expect(console.evict()).toBe(false);
    void console.localInput(bytes("\x14"));
    console.localInterrupt();
    expect(repl.did.slice(6)).toEqual(["keys \x14", "interrupt"]);
  });

  it("interrupts what an evicted user runs", () => {
    const { console, repl } = bench();
    console.host.open(remote());
    repl.busy = true;
    expect(console.evict()).toBe(true);
    expect(repl.did.slice(-2)).toEqual(["resume local xterm 80x24 draft", "interrupt"]);
  });

  it("shows output to the owner alone, with CR LF", () => {
    const { console, repl, local } = bench();
    void repl.print("one\n");
    const visitor = remote();
    const session = console.host.open(visitor);
    void repl.print("two\nthree\r\n");
    session.close("left");
    void repl.print("four\n");
    expect(visitor.shown).toBe("> two\r\nthree\r\n");
    expect(local()).toContain("one\r\n");
    expect(local()).not.toContain("two");
    expect(local().endsWith("> four\r\n")).toBe(true);
  });

  it("redirects the program's output while somebody is in", () => {
    let sink: ((part: Uint8Array) => undefined | Promise<void>) | undefined;
    const programOutput = {
      redirect(write: typeof sink) {
        sink = write;
        return () => {
          sink = undefined;
        };
      },
    };
    const { console, repl } = bench({ programOutput });
    expect(sink).toBeUndefined();
    const visitor = remote();
    const session = console.host.open(visitor);
    void repl.print("a\n");
    void sink?.(bytes("b\n"));
    void repl.print("c\n");
    expect(visitor.shown).toBe("> a\r\nb\r\nc\r\n");
    session.close("left");
    expect(sink).toBeUndefined();
  });

  it("sends home whoever leaves the REPL, after the last of its output", async () => {
    const { console, repl, exits } = bench();
    let take: (() => void) | undefined;
    const visitor = remote(
      () =>
        new Promise((resolve) => {
          take = resolve;
        }),
    );
    console.host.open(visitor);
    void repl.print("last words\n");
    repl.screen?.exit();
    expect(console.owner).toEqual({ who: "local" });
    expect(visitor.ended).toEqual([]);
    while (visitor.ended.length === 0) {
      take?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(visitor.shown).toBe("> last words\r\n<off>");
    expect(visitor.ended).toEqual(["exited"]);
    expect(exits()).toBe(0);
    repl.screen?.exit();
    expect(exits()).toBe(1);
  });

  it("does without a local terminal", () => {
    const repl = new FakeRepl();
    const console = createConsoleSwitch({ repl });
    expect(repl.print("nobody sees it\n")).toBeUndefined();
    expect(repl.did).toEqual([]);
    const visitor = remote();
    const session = console.host.open(visitor);
    void console.localInput(bytes("\x14"));
    console.localResize({ columns: 1, rows: 1 });
    console.localInterrupt();
    repl.screen?.exit();
    expect(visitor.ended).toEqual(["exited"]);
    session.close("left");
    expect(repl.did).toEqual(["resume remote vt100 100x30 fresh", "suspend"]);
  });

  it("survives a terminal that is gone, and ends its user when it is closed", () => {
    const { console, repl, local } = bench();
    const visitor = remote(() => {
      throw new Error("gone");
    });
    console.host.open(visitor);
    expect(repl.print("x")).toBeUndefined();
    console.close();
    expect(visitor.ended).toEqual(["stopped"]);
    expect(local().endsWith("server stopped\r\n")).toBe(true);
    expect(() => console.host.open(remote())).toThrow(expect.objectContaining({ code: "PORTHOLE_ERR_STATE" }));
    void console.localInput(bytes("x"));
    console.close();
  });
});
