/**
 * One data connection between a client and an FTP server, and what goes wrong in it.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FtpFault } from "./ftp-faults.ts";
import { type Ground, reset, stalled, writeAll } from "./sockets.ts";

type TransferFault = Exclude<FtpFault, { readonly do: "reply" }>;

export interface DataRelayPlace {
  readonly ground: Ground;
  readonly host: string;
  readonly serverPort: number;
  /** The fault of the transfer that runs now. */
  readonly fault: () => FtpFault | undefined;
  /** Does the same to the control connection. */
  readonly control: (fault: FtpFault) => void;
}

/** @returns the port for the one connection of the client. */
export function relayData(place: DataRelayPlace): Promise<number> {
  const { ground, host, serverPort } = place;
  return ground.listen(host, (client, listener) => {
    listener.close();
    const server = connect({ port: serverPort, host, allowHalfOpen: true });
    ground.keep(server);
    server.setNoDelay(true);
    const count = { bytes: 0 };
    void pump(client, server, client, server, count, place);
    void pump(server, client, client, server, count, place);
  });
}

async function pump(
  from: Socket,
  to: Socket,
  client: Socket,
  server: Socket,
  count: { bytes: number },
  place: DataRelayPlace,
): Promise<void> {
  let done: FtpFault | undefined;
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const fault = place.fault();
      let rest = chunk;
      if (fault !== undefined && fault.do !== "reply" && fault !== done) {
        const before = (fault.afterBytes ?? 0) - count.bytes;
        if (chunk.length >= before) {
          done = fault;
          const head = chunk.subarray(0, Math.max(before, 0));
          rest = chunk.subarray(head.length);
          if (head.length > 0) await writeAll(to, head);
          if (!(await suffer(fault, client, server, place))) return;
        }
      }
      count.bytes += chunk.length;
      await writeAll(to, rest);
    }
    to.end();
  } catch {
    reset(to);
  }
}

/** @returns true when the transfer goes on. */
async function suffer(
  fault: TransferFault,
  client: Socket,
  server: Socket,
  { control }: DataRelayPlace,
): Promise<boolean> {
  if (fault.control === true && fault.do !== "delay") control(fault);
  switch (fault.do) {
    case "delay":
      await sleep(fault.ms, undefined, { ref: false });
      return true;
    case "stall":
      return stalled();
    case "close":
    case "reset":
      // A polite end would tell the server that an upload is whole.
      reset(server);
      if (fault.do === "reset") reset(client);
      else client.destroySoon();
      return false;
  }
}
