/**
 * Announces a server by multicast DNS (RFC 6762) and DNS-SD (RFC 6763), so that others on the network find it by name.
 *
 * @module
 */

import type { EventEmitter } from "node:events";
import { isIPv4 } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { Service, ServiceConfig } from "bonjour-service";
import { LIMITS } from "../contracts/limits.ts";
import { isLoopback } from "./protected-mode.ts";

export interface Announced {
  /** Without it the host's name is taken. */
  readonly name: string | undefined;
  /** As in `_ftp._tcp`. */
  readonly type: "telnet" | "telnets" | "ftp" | "ftps";
  /** What is listened on: a loopback address is announced to this machine only. */
  readonly host: string;
  readonly port: number;
}

export interface Announcement {
  /** Says goodbye, so that nobody goes on showing it; settles when that is sent. */
  withdraw(): Promise<void>;
}

/** How long others have to say that they have the name already. */
const BROWSE_MS = 750;
const GOODBYE_MS = 500;
const SECOND_MS = 1_000;
const ALL_HOSTS = "0.0.0.0";
const LOOPBACK = "127.0.0.1";

/**
 * Announces in the background; keeps no program alive. A name that another server of the type has gets a number.
 *
 * @param onTrouble - is told what hinders. The server does without then.
 */
export function announce(announced: Announced, onTrouble: (message: string) => void): Announcement {
  let withdrawn = false;
  const trouble = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    if (!withdrawn) onTrouble(`cannot announce by mDNS: ${message}`);
  };
  const opened = open(announced, trouble).catch((error: unknown) => {
    trouble(error);
    return undefined;
  });
  return {
    async withdraw() {
      withdrawn = true;
      await (await opened)?.withdraw();
    },
  };
}

async function open({ name, type, host, port }: Announced, trouble: (error: unknown) => void): Promise<Announcement> {
  // Only who announces waits for them.
  const [{ createSocket }, { Bonjour }] = await Promise.all([import("node:dgram"), import("bonjour-service")]);
  const local = isLoopback(host);
  const only = local ? LOOPBACK : isIPv4(host) && host !== ALL_HOSTS ? host : undefined;
  const socket = createSocket({ type: "udp4", reuseAddr: true }).unref();
  // A socket that is bound to one address is not given what comes for the group.
  const options = { socket, bind: ALL_HOSTS, ...(only === undefined ? {} : { interface: only }) };
  const bonjour = new Bonjour(options as Partial<ServiceConfig>, trouble);
  const { mdns } = (bonjour as unknown as { readonly server: { readonly mdns: EventEmitter } }).server;
  guard(mdns, (error) => {
    trouble(error);
    giveUp();
  });

  let service: Service | undefined;
  let shown = "";
  const publish = (free: string): void => {
    shown = addresses();
    const target = local ? "localhost" : `${hostname().replace(/\.local$/, "")}.local`;
    service = bonjour.publish({ name: free, type, port, host: target, probe: false });
  };
  const browser = bonjour.find({ type });
  const timer = setTimeout(() => {
    browser.stop();
    publish(freeName(name ?? hostname(), new Set(browser.services.map((other) => other.name))));
  }, BROWSE_MS).unref();
  // A machine may get its address long after it has started.
  mdns.on("networkInterface", () => {
    const before = service;
    if (before === undefined || addresses() === shown) return;
    before.stop(() => {
      if (before === service) publish(before.name);
    });
  });

  /** Sends and answers nothing more. */
  function giveUp(): void {
    clearTimeout(timer);
    browser.stop();
    service = undefined;
    bonjour.destroy();
  }

  return {
    async withdraw() {
      clearTimeout(timer);
      browser.stop();
      const known = service;
      service = undefined;
      await within(GOODBYE_MS, (done) => (known === undefined ? done() : known.stop(done)));
      await within(GOODBYE_MS, (done) => bonjour.destroy(done));
    },
  };
}

/** Whatever the network sends, and however much of it: it ends nothing, and only so many questions are answered. */
function guard(mdns: EventEmitter, onError: (error: unknown) => void): void {
  const emit = mdns.emit.bind(mdns);
  let second = 0;
  let questions = 0;
  mdns.emit = (name: string | symbol, ...given: unknown[]): boolean => {
    if (name === "error") {
      onError(given[0]);
      return true;
    }
    if (name === "query") {
      const now = Math.floor(performance.now() / SECOND_MS);
      if (now !== second) questions = 0;
      second = now;
      questions += 1;
      if (questions > LIMITS.announcementAnswers.value) return true;
    }
    try {
      return emit(name, ...given);
    } catch {
      return true; // a packet that the library takes for something else
    }
  };
}

function addresses(): string {
  return Object.values(networkInterfaces())
    .flatMap((found) => (found ?? []).map(({ address }) => address))
    .join();
}

/** `name`, or `name (2)` and so on. The library has no dots in names. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  const wanted = name.replaceAll(".", "-");
  let free = wanted;
  for (let number = 2; taken.has(free); number++) free = `${wanted} (${number})`;
  return free;
}

/** Calls `work` and waits until it is done, or has taken too long. */
function within(ms: number, work: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    work(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
