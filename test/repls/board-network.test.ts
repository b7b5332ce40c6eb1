import { describe, expect, it } from "vitest";
import { PortholeError } from "../../dist/contracts/errors.js";
import { boardBench, closeBoardsAfterEach } from "./board-bench.ts";

closeBoardsAfterEach();

describe("network in Python", () => {
  it("passes on what was given, and gives tuples back", async () => {
    const calls: unknown[][] = [];
    const noted =
      (name: string, result: unknown) =>
      (...args: unknown[]): unknown => {
        calls.push([name, ...args]);
        return result;
      };
    const board = await boardBench({
      hostMethods: {
        "telnet.start": noted("telnet.start", true),
        "telnet.pause": noted("telnet.pause", true),
        "telnet.resume": noted("telnet.resume", false),
        "telnet.stop": noted("telnet.stop", Promise.resolve(true)),
        "telnet.status": noted("telnet.status", [2, "Listen", ["127.0.0.1:2323", "[::1]:2323"]]),
        "telnet.stack": noted("telnet.stack", null),
        "ftp.start": noted("ftp.start", true),
        "ftp.status": noted("ftp.status", [2, 0, "Ready", "Data: Disconnected", []]),
        "ftp.stack": noted("ftp.stack", 20480),
      },
    });
    const { out, error } = await board.run(`
import network
print(network.telnet.start())
print(network.telnet.start(user="micro", password="python", timeout=300))
print(network.telnet.start(login_msg="Hello", port=0, host="0.0.0.0", allow_default_password=True, timeout=None))
print(network.telnet.pause(), network.telnet.resume(), network.telnet.stop(force=True))
print(network.telnet.status(), network.telnet.stack())
print(network.ftp.start(user="u", buffsize=65536))
print(network.ftp.status(), network.ftp.stack())
`);
    expect(error).toBe("");
    expect(out.trim().split("\n")).toEqual([
      "True",
      "True",
      "True",
      "True False True",
      "(2, 'Listen', ('127.0.0.1:2323', '[::1]:2323')) None",
      "True",
      "(2, 0, 'Ready', 'Data: Disconnected', ()) 20480",
    ]);
    expect(calls).toEqual([
      ["telnet.start"],
      ["telnet.start", { user: "micro", password: "python", timeout: 300 }],
      ["telnet.start", { login_msg: "Hello", port: 0, host: "0.0.0.0", allow_default_password: true }],
      ["telnet.pause", { force: false }],
      ["telnet.resume"],
      ["telnet.stop", { force: true }],
      ["telnet.status"],
      ["telnet.stack"],
      ["ftp.start", { user: "u", buffsize: 65_536 }],
      ["ftp.status"],
      ["ftp.stack"],
    ]);
  });

  const mistakes: readonly (readonly [call: string, error: string])[] = [
    ["telnet.start(user=5)", "TypeError: user must be a string"],
    ["telnet.start(user='')", "ValueError: user must have 1 to 256 bytes of UTF-8"],
    ["telnet.start(password='x' * 257)", "ValueError: password must have 1 to 256 bytes of UTF-8"],
    ["ftp.start(password='\\u20ac' * 86)", "ValueError: password must have 1 to 256 bytes of UTF-8"],
    ["telnet.start(timeout='5')", "TypeError: timeout must be an integer"],
    ["telnet.start(timeout=True)", "TypeError: timeout must be an integer"],
    ["telnet.start(timeout=0)", "ValueError: timeout must be 1 to 86400"],
    ["telnet.start(timeout=86401)", "ValueError: timeout must be 1 to 86400"],
    ["telnet.start(port=65536)", "ValueError: port must be 0 to 65535"],
    ["telnet.start(login_msg='x' * 129)", "ValueError: login_msg must have 1 to 128 characters"],
    [
      "telnet.start(buffsize=1024)",
      "TypeError: unexpected argument 'buffsize'; there are: allow_default_password, host, login_msg, password, port, timeout, user",
    ],
    ["telnet.start('micro', 'python')", 'TypeError: arguments are given by name: start(user="...", password="...")'],
    ["telnet.pause(force=1)", "TypeError: force must be True or False"],
    ["ftp.start(buffsize=511)", "ValueError: buffsize must be 512 to 16777216"],
    ["ftp.start(login_msg='x')", "TypeError: unexpected argument 'login_msg'"],
    ["ftp.resume()", "OSError: the card is on fire"],
    ["ftp.stop()", "ValueError: the host does not like it"],
    ["ftp.stack()", "TypeError: not a type"],
    ["ftp.pause()", "OSError: this board has no ftp.pause"],
  ];

  it("says clearly what is wrong", async () => {
    const board = await boardBench({
      hostMethods: {
        "telnet.start": () => {
          throw new Error("bug: must not be reached");
        },
        "ftp.resume": () => Promise.reject(new Error("the card is on fire")),
        "ftp.stop": () => {
          throw new PortholeError("PORTHOLE_ERR_ARGUMENT", "the host does not like it");
        },
        "ftp.stack": () => {
          throw new TypeError("not a type");
        },
      },
    });
    await board.ask("import network");
    for (const [call, wanted] of mistakes) {
      const { out, error } = await board.run(`network.${call}`);
      expect(out, call).toBe("");
      expect(error.trim().split("\n").at(-1), call).toContain(wanted);
    }
  });

  it("has help", async () => {
    const board = await boardBench();
    await board.ask("import network, machine");
    for (const subject of ["network.telnet", "network.telnet.start", "network.telnet.status"]) {
      expect(await board.ask(`help(${subject})`)).toContain('start(user="micro", password="python", timeout=300');
    }
    expect(await board.ask("help(network.ftp.start)")).toContain("buffsize: bytes of a transfer's buffer");
    expect(await board.ask("help(network)")).toContain("network.telnet ");
    expect(await board.ask("help(machine)")).toContain("soft_reset()");
    expect(await board.ask("sorted(dir(network.telnet))")).toMatch(
      /'pause', 'resume', 'stack', 'start', 'status', 'stop'\]$/,
    );
  });

  it("starts from boot.py, as on the device", async () => {
    const calls: unknown[] = [];
    const board = await boardBench({
      hostMethods: { "telnet.start": (options) => calls.push(options) > 0 },
      prepare: async (flash) => {
        const { writeFileSync } = await import("node:fs");
        writeFileSync(`${flash}/boot.py`, "import network\nnetwork.telnet.start(user='u', password='p')\n");
      },
      start: false,
    });
    await board.board.start();
    expect(calls).toEqual([{ user: "u", password: "p" }]);
    expect(board.seen()).not.toContain("Traceback");
  });

  it("shows the host's network, and lets it be", async () => {
    const board = await boardBench({
      hostMethods: {
        "network.address": () => ["192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.1", "02:00:5e:10:00:01"],
        "network.hostname": () => "rig",
      },
    });
    const { out, error } = await board.run(`
import network
wlan = network.WLAN(network.STA_IF)
print(wlan, wlan.active(), wlan.isconnected(), wlan.ifconfig(), wlan.config('mac'), network.hostname())
print(network.WLAN(network.AP_IF).active(), wlan.active(True))
for change in (lambda: wlan.connect('a', 'b'), lambda: wlan.ifconfig(('1.1.1.1',) * 4), lambda: wlan.active(False), lambda: wlan.scan(),
               lambda: wlan.config(essid='x'), lambda: network.hostname('x'), lambda: wlan.disconnect()):
    try: print(change())
    except OSError as error: print(error)
`);
    expect(error).toBe("");
    expect(out.trim().split("\n")).toEqual([
      "<WLAN STA, read-only> True True ('192.0.2.7', '255.255.255.0', '192.0.2.1', '192.0.2.1') b'\\x02\\x00^\\x10\\x00\\x01' rig",
      "False True",
      ...Array.from({ length: 7 }, () => "the network is the host's: it can't be changed from the board"),
    ]);
  });

  it("answers a thousand calls in a second", async () => {
    const board = await boardBench({ hostMethods: { "telnet.stack": () => 1 } });
    const { out } = await board.run(`
import network, time
begin = time.ticks_ms()
total = sum(network.telnet.stack() for n in range(1000))
print(total, time.ticks_diff(time.ticks_ms(), begin) < 3000)
`);
    expect(out).toBe("1000 True\n");
  });
});

describe("modules of a board", () => {
  it("has machine, as far as a host can be one", async () => {
    const board = await boardBench();
    const { out, error } = await board.run(`
import machine, umachine, time
print(umachine.Timer is machine.Timer, len(machine.unique_id()), machine.freq() >= 0, machine.reset_cause() == machine.PWRON_RESET)
begin = time.ticks_ms(); machine.lightsleep(20); print(20 <= time.ticks_diff(time.ticks_ms(), begin) < 500)
for name in ('Pin', 'ADC', 'I2C', 'SoftI2C', 'SPI', 'UART', 'PWM', 'DAC', 'WDT', 'SDCard', 'Signal', 'I2S', 'TouchPad'):
    try: print(getattr(machine, name)(2))
    except OSError as error: assert error.errno == 19 and 'no such hardware: ' + name in str(error), error
try: machine.freq(80000000)
except OSError as error: print('freq', error)
try: machine.Timer(0, period=0, callback=print)
except ValueError as error: print(error)
`);
    expect(error).toBe("");
    expect(out.split("\n")).toEqual([
      "True 6 True True",
      "True",
      expect.stringMatching(/^freq .*the clock is the host's/),
      "period must be 1 to 536870911 ms",
      "",
    ]);
    const again = await boardBench({ flash: board.flash });
    expect(await again.ask("import machine; machine.unique_id()")).toBe(await board.ask("machine.unique_id()"));
  });

  it("has the host's clock, which can be set for the board", async () => {
    const board = await boardBench();
    const { out, error } = await board.run(`
import machine, time
rtc = machine.RTC()
print(abs(time.time() - ${Math.round(Date.now() / 1000)}) < 60, rtc.datetime()[:3] == time.localtime()[:3])
rtc.datetime((2031, 2, 3, 0, 4, 5, 6, 0))
print(rtc.datetime()[:6], time.localtime()[:5], time.localtime(0)[0])
`);
    expect(error).toBe("");
    expect(out).toBe("True True\n(2031, 2, 3, 0, 4, 5) (2031, 2, 3, 4, 5) 1970\n");
  });

  it("says of what it has not why", async () => {
    const board = await boardBench();
    for (const name of ["socket", "usocket", "ssl", "_thread", "bluetooth", "esp32", "neopixel"]) {
      expect(await board.ask(`import ${name}`)).toMatch(/ImportError: this (board|is not)/);
    }
    expect(await board.ask("from socket import *")).toContain("ImportError: this board has no sockets: its network is");
    // A module of the user's own comes first.
    await board.run("open('/flash/socket.py', 'w').write('mine = 1')");
    expect(await board.ask("import socket; socket.mine")).toBe("1");
  });
});
