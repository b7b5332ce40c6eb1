/**
 * The thread of `network.ftp`.
 *
 * @module
 */

import { PortholeError } from "../contracts/errors.ts";
import type { Store } from "../contracts/store.ts";
import type { FtpServer } from "../servers/ftp/ftp-server.ts";
import { createFtpServerFrom } from "../servers/ftp/server-core.ts";
import { isLoopback, isProtected } from "../servers/protected-mode.ts";
import { createDirectoryStore } from "../stores/directory.ts";
import { createMountStore } from "../stores/mounts.ts";
import { createAuthenticateProxy } from "./authenticate-proxy.ts";
import type { FtpThreadData } from "./ftp-task.ts";
import { createPassiveHostProxy } from "./passive-host-proxy.ts";
import type { TaskCredentials } from "./server-task.ts";
import { createStoreOfProxy } from "./store-of-proxy.ts";
import { createStoreProxy } from "./store-proxy.ts";
import type { StoreSource } from "./store-source.ts";
import { serveTask } from "./task-thread.ts";
import { createUploadProxy } from "./upload-proxy.ts";

/** How long clients may take to close before the thread ends without them. */
const CLOSE_MS = 100;
/** How long a store may take to give up its uploads. */
const STORE_CLOSE_MS = 2_000;
/** Bytes are counted between events, too. */
const PUBLISH_EVERY_MS = 50;

serveTask<FtpThreadData>(async (data, context) => {
  context.publishState(1, 0);
  const own: Store[] = [];
  const { source } = data;
  const open = (one: StoreSource): Promise<Store> => openSource(one, own);
  const store = source.type === "of-account" ? createStoreOfProxy(source.port, open) : await open(source);
  const server = createFtpServerFrom({
    ...data.settings,
    store,
    authenticate: data.authenticatePort && createAuthenticateProxy(data.authenticatePort),
    onUpload: data.uploadPort && createUploadProxy(data.uploadPort),
    passiveHost: data.passiveHostPort ? createPassiveHostProxy(data.passiveHostPort) : data.settings.passiveHost,
  });
  let published = "";
  let paused = false;
  let timer: NodeJS.Timeout | undefined;
  const publishState = (): void => {
    // Clients that were sent away may still be reading why.
    if (paused) context.publishState(0, 0);
    else context.publishState(server.state, server.dataState);
  };
  server.onState = publishState;
  const publish = (): void => {
    publishState();
    context.publishCounters(server.counters());
    const addresses = server.addresses;
    if (addresses.join() !== published) {
      published = addresses.join();
      context.publishAddresses(addresses);
    }
    const connected = server.clientCount > 0;
    if (connected) timer ??= setInterval(publish, PUBLISH_EVERY_MS).unref();
    else if (timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  server.on("*", (event) => {
    publish();
    // Some events come just before what they tell of is done.
    queueMicrotask(publish);
    context.emit(event, event.type === "transfer-progress");
  });
  await server.listen({ host: data.host, port: data.port });
  publish();

  return {
    async pause(force) {
      const sessions = server.sessions();
      if (!force && sessions.length > 0) return false;
      await server.pause();
      for (const { sessionId } of sessions) server.kick(sessionId);
      paused = true;
      publish();
      return true;
    },
    async resume() {
      await server.resume();
      paused = false;
      publish();
      return true;
    },
    async stop(force) {
      if (!force && server.sessions().length > 0) return false;
      await within(CLOSE_MS, server.close({ graceSeconds: 0 }));
      // The program's stores learn it from the end of their ports: it stands still now and can't be asked.
      await within(STORE_CLOSE_MS, Promise.all(own.map((one) => one.close())));
      return true;
    },
    kick: async (sessionId) => server.kick(sessionId),
    async configure(change) {
      const credentials = change as TaskCredentials;
      checkExposure(server, data, credentials);
      server.setCredentials(credentials.user, credentials.password);
      return true;
    },
  };
});

/** Protected mode is decided when the server begins to listen: later the default password must not come back. */
function checkExposure(server: FtpServer, data: FtpThreadData, { user, password }: TaskCredentials): void {
  const { allowDefaultPassword } = data.settings;
  if (!isProtected({ host: data.host, user, password, allowDefaultPassword })) return;
  const open = server.addresses.find(
    (address) => !isLoopback(address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "")),
  );
  if (open === undefined) return;
  throw new PortholeError(
    "PORTHOLE_ERR_STATE",
    `cannot go back to the default password while ${open} is listened on; stop the task first`,
  );
}

/** Opens what the program gave; stores that are made here are `own`. */
async function openSource(source: StoreSource, own: Store[]): Promise<Store> {
  switch (source.type) {
    case "directory": {
      const store = createDirectoryStore(source.options);
      own.push(store);
      return store;
    }
    case "proxy":
      return createStoreProxy(source.port, source.facts);
    case "module": {
      const module = (await import(source.url)) as { readonly default?: unknown };
      if (typeof module.default !== "function") {
        throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `${source.url} has no default export that makes a store`);
      }
      const store = (await module.default(source.options)) as Store;
      own.push(store);
      return store;
    }
    case "mounts": {
      const mounts: Record<string, Store> = {};
      for (const [path, mounted] of Object.entries(source.mounts)) mounts[path] = await openSource(mounted, own);
      return createMountStore(mounts);
    }
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).catch(() => {});
  clearTimeout(timer);
}
