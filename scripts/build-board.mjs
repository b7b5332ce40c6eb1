/**
 * Makes `dist/repls/micropython/micropython.wasm`, the interpreter that the board runs, from the pinned package. Does
 * nothing when it is there and newer than what it is made from.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { patchInterpreter } from "./patch-interpreter.mjs";

const SHA256 = "06338c955b03c5700aa0069015d3e392d76836ef8e2ce25bedbe59b88ccd373c"; // 1.27.0
const PASSES = ["flatten", "simplify-locals-notee-nostructure", "coalesce-locals", "vacuum", "spill-pointers"];
const TIDYING = ["coalesce-locals", "reorder-locals", "vacuum"];
const FEATURES = [
  "mvp-features",
  ...["bulk-memory", "bulk-memory-opt", "sign-ext", "nontrapping-float-to-int", "mutable-globals"].map(enable),
  ...["multivalue", "reference-types", "call-indirect-overlong", "extended-const"].map(enable),
];

const require = createRequire(import.meta.url);
const target = fileURLToPath(new URL("../dist/repls/micropython/micropython.wasm", import.meta.url));
const source = join(dirname(require.resolve("@micropython/micropython-webassembly-pyscript")), "micropython.wasm");

if (!upToDate()) build();

function build() {
  const bytes = readFileSync(source);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== SHA256) throw new Error(`${source} is not the pinned interpreter: its SHA-256 is ${found}`);
  const work = mkdtempSync(join(tmpdir(), "porthole-board-"));
  try {
    const text = join(work, "interpreter.wat");
    const made = join(work, "interpreter.wasm");
    binaryen("wasm-dis", [source, "-o", text, "--all-features"]);
    writeFileSync(text, patchInterpreter(readFileSync(text, "utf8")));
    binaryen("wasm-opt", [text, ...[...PASSES, ...TIDYING, ...FEATURES].map((name) => `--${name}`), "-o", made]);
    const result = readFileSync(made);
    new WebAssembly.Module(result);
    mkdirSync(dirname(target), { recursive: true });
    // Appears whole, also when two builds run at once.
    const beside = `${target}.${process.pid}`;
    writeFileSync(beside, result);
    renameSync(beside, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function upToDate() {
  const made = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = [
    source,
    ...["build-board.mjs", "patch-interpreter.mjs"].map((name) => new URL(name, import.meta.url)),
  ];
  return inputs.every((input) => statSync(input).mtimeMs < made);
}

function binaryen(tool, args) {
  let program;
  try {
    program = join(dirname(require.resolve("binaryen")), "bin", tool);
  } catch (cause) {
    throw new Error("building the board's interpreter needs the development dependency binaryen", { cause });
  }
  execFileSync(process.execPath, [program, ...args], { stdio: ["ignore", "inherit", "inherit"] });
}

function enable(name) {
  return `enable-${name}`;
}
