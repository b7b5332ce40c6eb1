import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseOptions } from "./options.ts";

const schema = z.strictObject({
  timeout: z.int().min(1).max(86_400).default(300),
  host: z.string().min(1).default("127.0.0.1"),
  password: z.string().max(5).default("x"),
  limits: z.enum(["device"]).optional(),
  ports: z.strictObject({ from: z.int(), to: z.int() }).optional(),
  hook: z.custom<() => void>((value) => typeof value === "function", {
    message: "a function",
    params: { kind: "type" },
  }),
});
const hook = () => undefined;

function fault(options: unknown): { name: string; code: unknown; message: string } {
  try {
    parseOptions("createThing", schema, options);
  } catch (error) {
    const { name, code, message } = error as Error & { code: unknown };
    return { name, code, message };
  }
  throw new Error("it was accepted");
}

it("fills in the defaults", () => {
  expect(parseOptions("createThing", schema, { hook })).toEqual({
    timeout: 300,
    host: "127.0.0.1",
    password: "x",
    hook,
  });
});

describe("says option, value and what is allowed", () => {
  it.each([
    [{ timeout: 0 }, "RangeError", "createThing: timeout is 0; it must be at least 1"],
    [{ timeout: 86_401 }, "RangeError", "createThing: timeout is 86401; it must be at most 86400"],
    [{ timeout: 1.5 }, "TypeError", "createThing: timeout is 1.5; it must be a whole number"],
    [{ timeout: Number.NaN }, "TypeError", "createThing: timeout is NaN; it must be a number"],
    [{ timeout: "5" }, "TypeError", 'createThing: timeout is "5"; it must be a number'],
    [{ host: "" }, "RangeError", 'createThing: host is ""; it must be at least 1 characters'],
    [{ limits: "none" }, "RangeError", 'createThing: limits is "none"; it must be "device"'],
    [{ ports: { from: 1 } }, "TypeError", "createThing: ports.to is undefined; it must be a number"],
    [{ ports: { from: 1, to: 2, x: 1 } }, "TypeError", "createThing: there is no option ports.x"],
    [{ tiemout: 5 }, "TypeError", "createThing: there is no option tiemout"],
    [{ hook: 5 }, "TypeError", "createThing: hook is 5; it must be a function"],
  ])("%j", (options, name, message) => {
    expect(fault({ hook, ...options })).toEqual({ name, code: "PORTHOLE_ERR_ARGUMENT", message });
  });

  it("an argument that is no object", () => {
    expect(fault("5").message).toBe('createThing: options is "5"; it must be an object');
  });

  it("a password is not repeated", () => {
    expect(fault({ hook, password: "hunter2" }).message).toBe(
      "createThing: password is ***; it must be at most 5 characters",
    );
  });
});
