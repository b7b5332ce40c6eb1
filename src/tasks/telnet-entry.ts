/**
 * The thread of `network.telnet`.
 *
 * @module
 */

import { createTelnetServerFrom } from "../servers/telnet/server-core.ts";
import { createAuthenticateProxy } from "./authenticate-proxy.ts";
import { ConsoleWords } from "./console-words.ts";
import { Interrupter } from "./interrupt.ts";
import { createReplProxy } from "./repl-proxy.ts";
import type { TaskCredentials } from "./server-task.ts";
import { serveTask } from "./task-thread.ts";
import type { TelnetThreadData } from "./telnet-task.ts";

/** How long connections may take to close before the thread ends without them. */
const CLOSE_MS = 100;

serveTask<TelnetThreadData>(async (data, context) => {
  const words = new ConsoleWords(data.words);
  const repl = createReplProxy({
    name: data.replName,
    version: data.replVersion,
    port: data.replPort,
    interrupter: new Interrupter(words, data.interruptUnavailable),
    interruptUnavailable: data.interruptUnavailable,
  });
  const { authenticatePort } = data;
  const settings =
    authenticatePort === undefined
      ? data.settings
      : { ...data.settings, authenticate: createAuthenticateProxy(authenticatePort) };
  const server = createTelnetServerFrom(repl, settings);
  let published = "";
  const publish = (): void => {
    context.publishState(server.state);
    context.publishCounters(server.counters());
    const addresses = server.addresses;
    if (addresses.join() === published) return;
    published = addresses.join();
    context.publishAddresses(addresses);
  };
  server.on("*", (event) => {
    publish();
    // Some events come just before what they tell of is done.
    queueMicrotask(publish);
    context.emit(event);
  });
  context.publishState(1);
  await server.listen();
  publish();
  void words.watchKicks(() => server.disconnectUser("evicted"));

  const publishing = async (work: boolean | Promise<boolean>): Promise<boolean> => {
    try {
      return await work;
    } finally {
      publish();
    }
  };
  return {
    pause: (force) => publishing(server.pause({ force })),
    resume: () => publishing(server.resume()),
    stop: async (force) => {
      const closed = server.close({ force });
      const waited = new Promise<true>((resolve) => setTimeout(resolve, CLOSE_MS, true));
      return Promise.race([closed, waited]);
    },
    kick: (sessionId) => publishing(server.kick(sessionId)),
    configure: (credentials) => publishing(server.setCredentials(credentials as TaskCredentials).then(() => true)),
  };
});
