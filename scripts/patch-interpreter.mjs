/**
 * What the board changes in the MicroPython interpreter, as edits of its WebAssembly text. Every place is found by its
 * shape and must be found exactly once, so that another build of the interpreter fails here and not at run time.
 */

const ZERO = "(i32.const 0)";

/**
 * @param {string} source text of the module, as `wasm-dis` prints it
 * @returns {string}
 */
export function patchInterpreter(source) {
  return [collectAtOnce, growReadsByQuarters, useTheWholeStack].reduce((text, patch) => patch(text), source);
}

/**
 * The interpreter as published only notes that a collection is due and collects when it is back in JavaScript, so that
 * a loop that allocates grows for ever. Here `gc_collect` marks and sweeps at once, with the C stack as further roots:
 * `gc_collect_start` marks what lies in the Python stack, so it is lent the range of the C stack for one call. Pointers
 * that a compiler keeps in WebAssembly locals are not on that stack; the build's `--spill-pointers` puts them there.
 */
function collectAtOnce(text) {
  const processChar = only(text, /\(export "mp_js_repl_process_char" \(func (\$\d+)\)\)/g, "the REPL's export")[1];
  // The REPL's last call leaves C; it runs the collection that is due: flag, start, …, end.
  const leave = calls(functionText(text, processChar)).at(-1);
  const leaving = functionText(text, leave);
  const flag = only(leaving, /i32\.load8_u offset=(\d+)/g, "the flag of a due collection")[1];
  const start = calls(leaving)[0];
  const end = calls(leaving).at(-1);
  const collect = only(
    text,
    new RegExp(
      `\\n \\(func (\\$\\d+)\\n {2}\\(i32\\.store8 offset=${flag}\\n\\s+${constant(0)}\\n\\s+${constant(1)}\\n\\s+\\)\\n \\)`,
      "g",
    ),
    "gc_collect",
  );
  const range = only(
    functionText(text, start),
    /i32\.sub\n\s+\(i32\.load offset=(\d+)\n\s+\(i32\.const (\d+)\)\n\s+\)\n\s+\(local\.tee \$\d+\n\s+\(i32\.load offset=(\d+)\n\s+\(i32\.const (\d+)\)/g,
    "the bounds of the Python stack",
  );
  const top = Number(range[1]) + Number(range[2]);
  const bottom = Number(range[3]) + Number(range[4]);
  const overflowAt = /i32\.eqz\n\s+\(i32\.load offset=(\d+)\n\s+\(i32\.const (\d+)\)/.exec(functionText(text, end));
  if (overflowAt === null) throw new Error("the mark stack's overflow word was not found");
  const overflow = Number(overflowAt[1]) + Number(overflowAt[2]);
  const stackTop = only(text, /\(global \$global\$0 \(mut i32\) \(i32\.const (\d+)\)\)/g, "the stack pointer")[1];

  const body = `
 (func ${collect[1]} (local $bottom i32) (local $top i32) (local $overflow i32)
  (local.set $bottom (i32.load offset=${bottom} ${ZERO}))
  (local.set $top (i32.load offset=${top} ${ZERO}))
  (i32.store offset=${bottom} ${ZERO} (global.get $global$0))
  (i32.store offset=${top} ${ZERO} (i32.const ${stackTop}))
  (call ${start})
  (local.set $overflow (i32.load offset=${overflow} ${ZERO}))
  (i32.store offset=${bottom} ${ZERO} (local.get $bottom))
  (i32.store offset=${top} ${ZERO} (local.get $top))
  (call ${start})
  (i32.store offset=${overflow} ${ZERO} (i32.or (i32.load offset=${overflow} ${ZERO}) (local.get $overflow)))
  (call ${end})
 )`;
  // `--spill-pointers` looks for the stack pointer by this name.
  return text.replace(collect[0], () => body).replace(/\$global\$0(?!\d)/g, () => "$__stack_pointer");
}

/**
 * `read()` of a whole stream grows its buffer by 256 bytes each time, which is quadratic in the size of the file. Here
 * it grows by a quarter of what was read, and 4 KiB.
 */
function growReadsByQuarters(text) {
  const shape =
    /(\(local\.set (\$\d+)\n\s+\(i32\.add\n\s+\(local\.get \$\d+\)\n\s+\(local\.get \2\)\n\s+\)\n\s+\)\n\s+\(block \$\w+\n\s+\(br_if \$\w+\n\s+\(i32\.le_u\n[\s\S]{0,700}?\(local\.set \$\d+\n\s+)\(i32\.const 256\)(\n\s+\)\n\s+\(local\.set \$\d+\n\s+\(call \$\d+\n\s+\(i32\.add\n\s+\(local\.get \$\d+\)\n\s+\(i32\.const 16\)\n\s+\)\n\s+)\(i32\.const 256\)/g;
  const found = only(text, shape, "stream_readall");
  const growth = `(i32.add (i32.shr_u (local.get ${found[2]}) (i32.const 2)) (i32.const 4096))`;
  return text.replace(found[0], () => `${found[1]}${growth}${found[3]}${growth}`);
}

/** The interpreter lets itself use half of its 64 KiB of C stack. Here it leaves 8 KiB for what checks nothing. */
function useTheWholeStack(text) {
  const init = only(text, /\(export "mp_js_init" \(func (\$\d+)\)\)/g, "mp_js_init")[1];
  const before = functionText(text, init);
  only(before, /\(call \$\d+\n\s+\(i32\.const 32768\)\n\s+\)/g, "the stack's limit");
  return text.replace(before, () => before.replace("(i32.const 32768)", "(i32.const 57344)"));
}

function functionText(text, name) {
  const begin = text.search(new RegExp(`\\n \\(func ${name.replace("$", "\\$")}[ \\n]`));
  if (begin < 0) throw new Error(`no function ${name}`);
  return text.slice(begin, text.indexOf("\n )", begin) + 3);
}

function calls(text) {
  return [...text.matchAll(/\(call (\$\d+)/g)].map((match) => match[1]);
}

function constant(value) {
  return `\\(i32\\.const ${value}\\)`;
}

function only(text, pattern, what) {
  const found = [...text.matchAll(pattern)];
  if (found.length !== 1) throw new Error(`${what}: expected one place in the interpreter, found ${found.length}`);
  return found[0];
}
