// Loaded into a host (`node --import`): at SIGUSR2 collects garbage in every thread, and adds a line with what each still
// holds to the file in SOAK_PROBE. Through the inspector, since the threads take no flags from here.
import { appendFileSync } from "node:fs";
import { Session } from "node:inspector";

const THREAD_ANSWER_MS = 5_000;

function heapOf(post) {
  return post("HeapProfiler.collectGarbage")
    .then(() => post("Runtime.evaluate", { expression: "JSON.stringify(process.memoryUsage())" }))
    .then(({ result }) => {
      const { heapUsed, external, arrayBuffers } = JSON.parse(result.value);
      return { heapUsed, external, arrayBuffers };
    });
}

async function look() {
  const session = new Session();
  session.connect();
  const post = (method, params) =>
    new Promise((resolve, reject) => {
      session.post(method, params, (error, result) => (error ? reject(new Error(error.message)) : resolve(result)));
    });
  const waiting = new Map();
  const threads = [];
  session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
    const { id, result } = JSON.parse(params.message);
    waiting.get(`${params.sessionId} ${id}`)?.(result ?? {});
  });
  session.on("NodeWorker.attachedToWorker", ({ params }) => {
    let id = 0;
    const postThere = (method, given = {}) =>
      new Promise((resolve, reject) => {
        id++;
        waiting.set(`${params.sessionId} ${id}`, resolve);
        setTimeout(() => reject(new Error("no answer")), THREAD_ANSWER_MS).unref();
        post("NodeWorker.sendMessageToWorker", {
          sessionId: params.sessionId,
          message: JSON.stringify({ id, method, params: given }),
        }).catch(reject);
      });
    const name = params.workerInfo.url.replace(/.*\//, "");
    threads.push(
      heapOf(postThere).then(
        (held) => ({ name, ...held }),
        // A thread that waits in a system call, as the one of the terminal, does not answer.
        () => undefined,
      ),
    );
  });
  await post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  const main = await heapOf(post);
  await new Promise((done) => setTimeout(done, 200).unref());
  const told = (await Promise.all(threads)).filter((thread) => thread !== undefined);
  await post("NodeWorker.disable");
  session.disconnect();
  appendFileSync(process.env.SOAK_PROBE, `${JSON.stringify([{ name: "main", ...main }, ...told])}\n`);
}

process.on("SIGUSR2", () => {
  look().catch((error) => appendFileSync(process.env.SOAK_PROBE, `${JSON.stringify({ error: error.message })}\n`));
});
