/**
 * A client of bytes: sends what it is told and keeps what comes, packet by packet.
 *
 * @module
 */
import { connect, type Socket } from "node:net";

export interface RawClient {
  readonly socket: Socket;
  /** All that came, one character a byte. */
  readonly received: string;
  /** The same, as it was read. */
  readonly packets: readonly string[];
  /** Sends text as bytes, one character a byte. */
  send(text: string): void;
  /** Sends UTF-8. */
  type(text: string): void;
  /** Waits until what came behind the last match holds `wanted`; gives that with all before it, and goes on behind it. */
  until(wanted: string | RegExp, timeoutMs?: number): Promise<string>;
  /** Waits for the other side's end. */
  closed(timeoutMs?: number): Promise<void>;
  /** Waits for the login prompt and logs in. */
  login(user?: string, password?: string): Promise<void>;
  /** Logs in where the login prompt has been waited for. */
  answer(user?: string, password?: string): Promise<void>;
}

/** Connects; `halfOpen` keeps the socket when the server ends. */
export async function connectRaw(port: number, host = "127.0.0.1"): Promise<RawClient> {
  const socket = connect({ port, host, noDelay: true, allowHalfOpen: true });
  let rest = ""; // what came behind the last match, or of very much the last part
  let searched = 0; // how much of it
  const packets: string[] = [];
  const watchers = new Set<() => void>();
  let over = false;
  const look = () => {
    for (const watch of [...watchers]) watch();
  };
  socket.on("data", (chunk) => {
    const text = chunk.toString("latin1");
    rest += text;
    if (rest.length > 262_144) {
      searched -= Math.min(searched, rest.length - 131_072);
      rest = rest.slice(-131_072);
    }
    packets.push(text);
    look();
  });
  const ended = () => {
    over = true;
    look();
  };
  socket.on("end", ended);
  socket.on("close", ended);
  socket.on("error", ended);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });

  function wait<Result>(attempt: () => Result | undefined, what: string, timeoutMs: number): Promise<Result> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        watchers.delete(watch);
        clearTimeout(timer);
      };
      const watch = () => {
        const result = attempt();
        if (result === undefined) return;
        finish();
        resolve(result);
      };
      const timer = setTimeout(() => {
        finish();
        reject(
          new Error(
            `waited ${timeoutMs} ms for ${what}; the last that came: ${JSON.stringify(packets.join("").slice(-500))}`,
          ),
        );
      }, timeoutMs);
      watchers.add(watch);
      watch();
    });
  }

  const client: RawClient = {
    socket,
    get received() {
      return packets.join("");
    },
    packets,
    send: (text) => void socket.write(Buffer.from(text, "latin1")),
    type: (text) => void socket.write(text),
    until(wanted, timeoutMs = 30_000) {
      searched = 0;
      const find = (): { readonly at: number; readonly length: number } | undefined => {
        // What was searched before is searched again as far as a match may begin in it.
        const from = Math.max(0, searched - (typeof wanted === "string" ? wanted.length : 4_096));
        searched = rest.length;
        if (typeof wanted === "string") {
          const at = rest.indexOf(wanted, from);
          return at < 0 ? undefined : { at, length: wanted.length };
        }
        const match = wanted.exec(rest.slice(from));
        return match === null ? undefined : { at: from + match.index, length: match[0].length };
      };
      return wait(
        () => {
          const found = find();
          if (found === undefined) return undefined;
          const end = found.at + found.length;
          const read = rest.slice(0, end);
          rest = rest.slice(end);
          return read;
        },
        String(wanted),
        timeoutMs,
      );
    },
    closed: (timeoutMs = 30_000) => wait(() => (over ? true : undefined), "the end", timeoutMs).then(() => undefined),
    async login(user, password) {
      await client.until("Login as: ");
      await client.answer(user, password);
    },
    async answer(user = "micro", password = "python") {
      client.type(`${user}\r\n`);
      await client.until("Password: ");
      client.type(`${password}\r\n`);
    },
  };
  return client;
}
