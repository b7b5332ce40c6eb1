import { describe, expect, it } from "vitest";
import { parseTelnetServerOptions, type TelnetServerOptions } from "./options.ts";

const parse = (options: TelnetServerOptions) => parseTelnetServerOptions("createTelnetServer", options);

it("has the device's defaults, but for host and port", () => {
  expect(parse({})).toEqual({
    user: "micro",
    password: "python",
    timeout: 300,
    loginTimeout: 60,
    host: "127.0.0.1",
    port: 2323,
    maxClientsPerAddress: 20,
    proxies: [],
    allowDefaultPassword: false,
  });
});

it("undefined is as if it were not there", () => {
  expect(parse({ user: undefined, timeout: undefined, limits: undefined })).toMatchObject({
    user: "micro",
    timeout: 300,
  });
});

describe("wrong options", () => {
  it.each<[TelnetServerOptions, string | RegExp]>([
    [{ timeout: 0 }, "createTelnetServer: timeout is 0; it must be at least 1"],
    [{ timeout: 86_401 }, "createTelnetServer: timeout is 86401; it must be at most 86400"],
    [{ port: -1 }, "createTelnetServer: port is -1; it must be at least 0"],
    [{ port: 65_536 }, "createTelnetServer: port is 65536; it must be at most 65535"],
    [{ user: "" }, 'createTelnetServer: user is ""; it must be 1 to 256 bytes of UTF-8'],
    [{ user: "a\rb" }, 'createTelnetServer: user is "a\\rb"; it must be free of control characters'],
    [{ password: "ü".repeat(129) }, "createTelnetServer: password is ***; it must be 1 to 256 bytes of UTF-8"],
    [
      { loginMessage: "x".repeat(129) },
      /^createTelnetServer: loginMessage is "x+…"; it must be at most 128 characters$/,
    ],
    [
      { limits: "device", timeout: 119 },
      'createTelnetServer: timeout is 119; it must be at least 120 with limits: "device"',
    ],
  ])("%j", (options, message) => {
    expect(() => parse(options)).toThrow(message);
    expect(() => parse(options)).toThrow(RangeError);
    expect(() => parse(options)).toThrow(expect.objectContaining({ code: "PORTHOLE_ERR_ARGUMENT" }));
  });

  it("a wrong type or an unknown name is a TypeError", () => {
    expect(() => parse({ timeout: "5" as never })).toThrow(TypeError);
    expect(() => parse({ tiemout: 5 } as never)).toThrow(TypeError);
  });
});

it("256 bytes are enough for anybody, in any script", () => {
  expect(parse({ user: "世".repeat(85), password: "🙂".repeat(64) }).password).toBe("🙂".repeat(64));
});
