// Types 10,000 lines at a Node prompt, and tells as JSON what is left behind.
import { getHeapSnapshot } from "node:v8";
import { createConsoleSwitch } from "../../../dist/console/switch.js";
import { createNodeRepl } from "../../../dist/repls/node/index.js";

const LINES = 10_000;
const listeners = (emitter) => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

let alive = 0;
const registry = new FinalizationRegistry(() => {
  alive -= 1;
});
const repl = createNodeRepl({
  context: {
    track(value) {
      alive += 1;
      registry.register(value, undefined);
      return value;
    },
    logged: globalThis.console,
  },
});
let shown = 0;
const local = {
  type: "xterm",
  size: { columns: 80, rows: 24 },
  write(bytes) {
    shown += bytes.length;
    return undefined;
  },
  exit() {},
};
const remote = { ...local, peer: "192.0.2.7:1", user: "micro", end() {} };
const sw = createConsoleSwitch({ repl, local });
const write = process.stdout.write;
process.stdout.write = (_chunk, _encoding, done) => {
  done?.();
  return true;
};
async function type(lines) {
  for (let line = 0; line < lines; line++) {
    await sw.localInput(Buffer.from("logged.log(track({ a: new Array(100).fill(1) })); console.log(track({})); 0\r"));
    if (line % 100 === 0) {
      const session = sw.host.open(remote);
      await session.input(Buffer.from("await 1\r"));
      session.close("left");
      await settle();
    }
  }
  await settle();
  gc();
  await settle();
  // Taking a snapshot makes V8 let go of compiled scripts, which it keeps until memory is short.
  getHeapSnapshot().destroy();
  await settle();
}
await type(500);
const before = {
  heap: process.memoryUsage().heapUsed,
  listeners: listeners(process),
  own: listeners(repl.server) + listeners(repl.server.output),
};
await type(LINES);
const after = {
  heap: process.memoryUsage().heapUsed,
  listeners: listeners(process),
  own: listeners(repl.server) + listeners(repl.server.output),
};
process.stdout.write = write;
globalThis.console.log(JSON.stringify({ lines: LINES, alive, before, after, shown }));
sw.close();
repl.close();
