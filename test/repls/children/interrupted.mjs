// A Node prompt on stdout; keys come as messages, and each byte on stdin is an interrupt from another thread.
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { createConsoleSwitch } from "../../../dist/console/switch.js";
import { canInterrupt, createNodeRepl } from "../../../dist/repls/node/index.js";

const console = createConsoleSwitch({
  repl: createNodeRepl(),
  local: {
    type: "unknown",
    size: { columns: 80, rows: 24 },
    write(bytes) {
      writeSync(1, bytes);
      return undefined;
    },
    exit() {},
  },
});
process.on("message", (keys) => {
  if (keys === "close") {
    console.close();
    process.exit(0);
  }
  void console.localInput(Buffer.from(keys));
});
if (canInterrupt()) {
  const worker = new Worker(new URL("./interrupter.mjs", import.meta.url));
  worker.unref();
  worker.once("message", () => process.send("ready"));
} else {
  process.send("ready");
}
