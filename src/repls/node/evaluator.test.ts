import vm from "node:vm";
import { describe, expect, it } from "vitest";
import { createEvaluator, type Outcome } from "./evaluator.ts";

const MORE = Symbol("more");
const FAILS = Symbol("fails");

function prompt(typescript = true): (code: string) => Promise<unknown> {
  const context = vm.createContext({ console, process, setTimeout, URL });
  const evaluate = createEvaluator({ typescript });
  const settle = async (outcome: Outcome): Promise<unknown> => {
    switch (outcome.type) {
      case "value":
        return outcome.value;
      case "more":
        return MORE;
      case "error":
        return FAILS;
      case "pending":
        return settle(await outcome.outcome);
    }
  };
  return (code) => settle(evaluate(`${code}\n`, context, "REPL1"));
}

/** Each is typed in turn, at one prompt. */
const DIALOGUE: readonly (readonly [code: string, result: unknown])[] = [
  ["let n: number = 41", undefined],
  ["n + 1", 42],
  ["interface P { x: number }", undefined],
  ["const pt: P = { x: 3 }; pt.x", 3],
  ["(n as any) + 1", 42],
  ["function id<T>(x: T): T { return x }", undefined],
  ['id<string>("q")', "q"],
  ["({ a: 1 }).a", 1],
  ["await Promise.resolve(7)", 7],
  ["const w: number = await Promise.resolve(8)", undefined],
  ["w", 8],
  ['import os from "node:os"', undefined],
  ["typeof os.cpus", "function"],
  ['import os from "node:os"', undefined],
  ['import { join as j, type ParsedPath } from "node:path"', undefined],
  ['j("a", "b")', "a/b"],
  ['import * as ns from "node:fs"; typeof ns.readFileSync', "function"],
  [
    'import url, { fileURLToPath } from "node:url"; [typeof url.parse, typeof fileURLToPath].join()',
    "function,function",
  ],
  ["export const exported = 5", undefined],
  ["exported", 5],
  ["export default function named() { return 6 }", undefined],
  ["named()", 6],
  ["enum E { A, B = 5 }; E.B", 5],
  ["E.A", 0],
  ["class C { constructor(private q = 4) {} get() { return this.q } }", undefined],
  ["new C().get()", 4],
  ["class Later { static v = await 1 }", FAILS],
  ["class Waited {}; await 1", 1],
  ["typeof Waited", "function"],
  ["function g(x: number) {", MORE],
  ["`abc", MORE],
  ["/* abc", MORE],
  ["[1,2", MORE],
  ["id(1", MORE],
  ["n +", MORE],
  ["if (n) {", MORE],
  ["await id(", MORE],
  ["type Long =", MORE],
  ["interface Q {", MORE],
  ["const more: Array<", MORE],
  ["id(1 2)", FAILS],
  ["foo bar", FAILS],
  [")", FAILS],
  ["let n = 1", FAILS],
  ["throw new Error('thrown')", FAILS],
  ["await Promise.reject(new Error('rejected'))", FAILS],
  ["const o = { m(): void {} } satisfies object; typeof o.m", "function"],
  ["n!", 41],
  ["type T1 = string", undefined],
  ['let u1: T1 = "k"; u1', "k"],
  ["for await (const i of [1, 2]) { n = i }", undefined],
  ["n", 2],
  ['await import("node:os").then((m: any) => typeof m.cpus)', "function"],
  ["let { a1, ...r1 } = await Promise.resolve({ a1: 1, b: 2 }); r1.b", 2],
  ["a1", 1],
  ["var [x1, { y1 = 9 }] = await [3, {}]; x1 + y1", 12],
  ["for (var k1 = 0, k2 = 1; k1 < 3; k1++) await k1", undefined],
  ["k1 + k2", 4],
  ["for (var k3 of [7, 8]) await k3", undefined],
  ["k3", 8],
  ["if (true) { var inner = await 11 }", undefined],
  ["inner", 11],
  ["async function waits() { var own = await 1; return own + 1 }; await waits()", 2],
  ["typeof own", "undefined"],
  ["const label = await 4; // with a comment", undefined],
  ["label", 4],
  ["await label /* here */ ; // and there", 4],
  ["'await in a string'", "await in a string"],
  ["let plain, other = await 2; [plain, other].join('-')", "-2"],
  ["", undefined],
];

describe("evaluator", () => {
  it("answers a dialogue in TypeScript", async () => {
    const type = prompt();
    const wrong: unknown[] = [];
    for (const [code, wanted] of DIALOGUE) {
      const result = await type(code);
      if (result !== wanted) wrong.push({ code, result, wanted });
    }
    expect(wrong).toEqual([]);
  });

  it("takes braces as an object, unless a semicolon ends them", async () => {
    const type = prompt();
    expect(await type("{ a: 1, b: 2 }")).toEqual({ a: 1, b: 2 });
    expect(await type("{ a: 1 as number }")).toEqual({ a: 1 });
    expect(await type("{ 5; };")).toBe(5);
    expect(await type("{")).toBe(MORE);
  });

  it("imports what is beside the working directory, and JSON by attribute", async () => {
    const type = prompt();
    expect(await type('import pack from "./package.json" with { type: "json" }; pack.name')).toBe("porthole");
    expect(await type('(await import("acorn")).version')).toMatch(/^8\./);
    expect(await type('import "./no-such-file.js"')).toBe(FAILS);
  });

  it("leaves types alone when it is told so", async () => {
    const type = prompt(false);
    expect(await type("let n: number = 1")).toBe(FAILS);
    expect(await type("let m = await 3; m")).toBe(3);
  });

  it("tells errors in V8's words, without its own frames", async () => {
    const evaluate = createEvaluator({ typescript: true });
    const wrong = evaluate("let x: number = ;\n", undefined, "REPL7");
    expect(wrong.type === "error" && String(wrong.error)).toContain("SyntaxError");
    const thrown = evaluate("(function inside() { throw new TypeError('no') })()\n", undefined, "REPL8");
    const stack = thrown.type === "error" ? (thrown.error as Error).stack : undefined;
    expect(stack).toMatch(/^TypeError: no\n\s+at inside \(REPL8:1:28\)\n\s+at REPL8:1:50$/);
  });
});
