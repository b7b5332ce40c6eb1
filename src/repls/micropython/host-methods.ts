/**
 * What Python may ask of the host, by name. Only these methods exist for it.
 *
 * @module
 */

import os from "node:os";
import { PortholeError } from "../../contracts/errors.ts";
import type { HostCall, HostReply } from "./host-call.ts";

/**
 * Answers a call from Python. It is given one object of keyword arguments, or nothing; its result is passed on as JSON,
 * an array as a tuple. It may be a promise: Python waits, and Ctrl-C ends the wait.
 *
 * An error reaches Python with its message: `PORTHOLE_ERR_ARGUMENT` and a `RangeError` as ValueError, a `TypeError` as
 * TypeError, everything else as OSError.
 */
export type HostMethod = (options?: Readonly<Record<string, unknown>>) => unknown;
export type HostMethods = Readonly<Record<string, HostMethod>>;

/** What the board answers itself. */
const OWN: HostMethods = {
  "network.hostname": () => os.hostname(),
  "network.address": () => firstAddress(),
};

/** Runs the method that a call names. Never rejects. */
export async function answerHostCall(call: HostCall, methods: HostMethods): Promise<HostReply> {
  const { id } = call;
  try {
    const all = { ...OWN, ...methods };
    const method = Object.hasOwn(all, call.method) ? all[call.method] : undefined;
    if (method === undefined) throw new Error(`this board has no ${call.method}`);
    const [options] = JSON.parse(call.json) as [Readonly<Record<string, unknown>>?];
    const value = await (options === undefined ? method() : method(options));
    return { id, json: JSON.stringify({ value: value ?? null }) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { id, json: JSON.stringify({ error: pythonError(error), text }) };
  }
}

function pythonError(error: unknown): string {
  if (error instanceof RangeError) return "ValueError";
  if (error instanceof PortholeError && error.code === "PORTHOLE_ERR_ARGUMENT") return "ValueError";
  return error instanceof TypeError ? "TypeError" : "OSError";
}

/** Address, netmask, gateway, name server and MAC as `WLAN.ifconfig()` gives them; null without a network. */
function firstAddress(): readonly string[] | null {
  for (const addresses of Object.values(os.networkInterfaces())) {
    const address = addresses?.find(({ internal, family }) => !internal && family === "IPv4");
    if (address !== undefined) return [address.address, address.netmask, "0.0.0.0", "0.0.0.0", address.mac];
  }
  return null;
}
