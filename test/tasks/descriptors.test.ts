/** Descriptors that Node has not opened are closed past it: in a thread it warns of each that it does not know. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { accelerator } from "../../src/native/accelerator.ts";

const native = new URL("../../dist/native/", import.meta.url).href;

it.skipIf(accelerator().calls === undefined)("are closed in a thread without a warning", async () => {
  const code = `
    const { parentPort } = require("node:worker_threads");
    const warnings = [];
    process.removeAllListeners("warning");
    process.on("warning", ({ message }) => warnings.push(message));
    Promise.all([import("${native}accelerator.js"), import("${native}helper-thread.js")]).then(
      ([{ accelerator }, { TravellingDescriptor }]) => {
        const { calls } = accelerator();
        const given = [calls.duplicate(2), calls.duplicate(2)];
        calls.close(given[0]);
        new TravellingDescriptor(given[1]).close();
        const open = given.filter((descriptor) => calls.duplicate(descriptor) >= 0);
        setTimeout(() => parentPort.postMessage({ warnings, open }), 50);
      },
    );`;
  const worker = new Worker(code, { eval: true });
  const [told] = (await once(worker, "message")) as [{ readonly warnings: string[]; readonly open: number[] }];
  await worker.terminate();
  expect(told).toEqual({ warnings: [], open: [] });
});
