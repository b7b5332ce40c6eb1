// Stops what runs in the main thread, if it is in the guard; writes a dot to stderr when that is over.
import { createReadStream, writeSync } from "node:fs";
import inspector from "node:inspector";
import { parentPort } from "node:worker_threads";

const post = (session, method) => new Promise((resolve) => session.post(method, resolve));

async function interrupt() {
  const session = new inspector.Session();
  session.connectToMainThread();
  const paused = new Promise((resolve) => {
    session.once("Debugger.paused", ({ params }) => resolve(params.callFrames));
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  const frames = await paused;
  const guarded = frames.some(({ functionName }) => functionName === "__interruptible__");
  // The pause that was asked for may come twice.
  session.on("Debugger.paused", () => session.post("Debugger.resume"));
  const terminated = guarded ? post(session, "Runtime.terminateExecution") : undefined;
  // A session that goes earlier leaves a termination behind that lands anywhere.
  await post(session, "Debugger.resume");
  await terminated;
  session.disconnect();
  writeSync(2, ".");
}

parentPort.postMessage("ready");
for await (const bytes of createReadStream(null, { fd: 0 })) {
  for (const _ of bytes) await interrupt();
}
