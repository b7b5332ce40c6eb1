/**
 * Stands between a client and an FTP server: writes down what they say, and does the faults.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { relayData } from "./data-relay.ts";
import type { FtpFault, FtpFaults } from "./ftp-faults.ts";
import { type Ground, reset, stalled, writeAll } from "./sockets.ts";
import type { Transcript } from "./transcript.ts";

export interface RelayPlace {
  readonly ground: Ground;
  readonly host: string;
  readonly serverPort: number;
  readonly faults: FtpFaults;
  readonly transcript: Transcript;
}

const TRANSFERS = /^(RETR|STOR|STOU|APPE|LIST|NLST|MLSD)\b/i;

/** @returns the port for clients. */
export function relayFtp(place: RelayPlace): Promise<number> {
  let connections = 0;
  return place.ground.listen(place.host, (socket) => void new Control(place, ++connections, socket).run());
}

class Control {
  readonly #place: RelayPlace;
  readonly #id: number;
  readonly #client: Socket;
  #server: Socket | undefined;
  #fault: FtpFault | undefined;
  /** After AUTH TLS the talk is nobody's business. */
  #encrypted = false;
  #silent = false;

  constructor(place: RelayPlace, id: number, client: Socket) {
    this.#place = place;
    this.#id = id;
    this.#client = client;
  }

  async run(): Promise<void> {
    const { faults, host, serverPort, ground } = this.#place;
    const fault = faults.take("connect");
    if (fault !== undefined && !(await this.#suffer(fault))) {
      if (fault.do === "reply") this.#client.end();
      return;
    }
    const server = connect(serverPort, host);
    ground.keep(server);
    server.setNoDelay(true);
    this.#server = server;
    await Promise.all([
      this.#pump(this.#client, server, (line) => this.#command(line, server)),
      this.#pump(server, this.#client, (line) => this.#reply(line)),
    ]);
  }

  async #pump(from: Socket, to: Socket, take: (line: Buffer) => Promise<void>): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (this.#encrypted) {
          await writeAll(to, chunk);
          continue;
        }
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
          const line = rest.subarray(0, end + 1);
          rest = rest.subarray(end + 1);
          await take(line);
        }
      }
      await writeAll(to, rest);
      to.end();
    } catch {
      reset(to);
    }
  }

  async #command(bytes: Buffer, server: Socket): Promise<void> {
    // Clients send TELNET's IP and SYNCH before ABOR.
    const line = bytes
      .toString("utf8")
      .replace(/[^\x20-\x7e\u00a0-\ufffc]+/g, "")
      .trimEnd();
    this.#place.transcript.add(this.#id, "client", line.replace(/^(PASS) .*/i, "$1 ***"));
    const fault = this.#place.faults.take(line);
    const inTransfer = fault !== undefined && fault.do !== "reply" && fault.afterBytes !== undefined;
    if (inTransfer || TRANSFERS.test(line)) this.#fault = inTransfer ? fault : undefined;
    if (fault !== undefined && !inTransfer && !(await this.#suffer(fault))) return;
    await writeAll(server, bytes);
  }

  async #reply(bytes: Buffer): Promise<void> {
    if (this.#silent) return;
    let line = bytes.toString("utf8");
    const passive = /^(?:229 .*\(\|\|\|(\d+)\|\)|227 .*\((?:\d+,){4}(\d+),(\d+)\))/.exec(line);
    if (passive !== null) {
      const port = passive[1] === undefined ? Number(passive[2]) * 256 + Number(passive[3]) : Number(passive[1]);
      line = withPort(line, await this.#relayData(port));
    }
    if (/^234 /.test(line)) this.#encrypted = true;
    this.#place.transcript.add(this.#id, "server", line.trimEnd());
    await writeAll(this.#client, line);
  }

  #relayData(serverPort: number): Promise<number> {
    const { ground, host } = this.#place;
    return relayData({
      ground,
      host,
      serverPort,
      fault: () => this.#fault,
      control: (fault) => void this.#suffer(fault),
    });
  }

  /** @returns true when all goes on afterwards. */
  async #suffer(fault: FtpFault): Promise<boolean> {
    const { transcript } = this.#place;
    switch (fault.do) {
      case "delay":
        await sleep(fault.ms, undefined, { ref: false });
        return true;
      case "reply": {
        const lines = fault.text.split(/\r?\n/).filter((line) => line !== "");
        for (const line of lines) transcript.add(this.#id, "server", line);
        await writeAll(this.#client, `${lines.join("\r\n")}\r\n`);
        return false;
      }
      case "stall":
        this.#silent = true;
        return stalled();
      case "close":
        this.#client.end();
        this.#client.destroySoon();
        this.#server?.destroy();
        return false;
      case "reset":
        reset(this.#client);
        this.#server?.destroy();
        return false;
    }
  }
}

function withPort(line: string, port: number): string {
  return line.startsWith("229")
    ? line.replace(/\|\d+\|/, `|${port}|`)
    : line.replace(/\d+,\d+\)/, `${Math.floor(port / 256)},${port % 256})`);
}
