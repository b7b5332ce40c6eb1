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
  /** Logs in. */
  login(user?: string, password?: string): Promise<void>;
}

/** Connects; `halfOpen` keeps the socket when the server ends. */
export async function connectRaw(port: number, host = "127.0.0.1"): Promise<RawClient> {
  const socket = connect({ port, host, noDelay: true, allowHalfOpen: true });
  let received = "";
  let read = 0;
  const packets: string[] = [];
  const watchers = new Set<() => void>();
  let over = false;
  const look = () => {
    for (const watch of [...watchers]) watch();
  };
  socket.on("data", (chunk) => {
    const text = chunk.toString("latin1");
    received += text;
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
        reject(new Error(`waited ${timeoutMs} ms for ${what}; received: ${JSON.stringify(received)}`));
      }, timeoutMs);
      watchers.add(watch);
      watch();
    });
  }

  const client: RawClient = {
    socket,
    get received() {
      return received;
    },
    packets,
    send: (text) => void socket.write(Buffer.from(text, "latin1")),
    type: (text) => void socket.write(text),
    until(wanted, timeoutMs = 5_000) {
      return wait(
        () => {
          const rest = received.slice(read);
          const at = typeof wanted === "string" ? rest.indexOf(wanted) : rest.search(wanted);
          if (at < 0) return undefined;
          const length = typeof wanted === "string" ? wanted.length : (wanted.exec(rest)?.[0].length ?? 0);
          read += at + length;
          return rest.slice(0, at + length);
        },
        String(wanted),
        timeoutMs,
      );
    },
    closed: (timeoutMs = 5_000) => wait(() => (over ? true : undefined), "the end", timeoutMs).then(() => undefined),
    async login(user = "micro", password = "python") {
      await client.until("Login as: ");
      client.type(`${user}\r\n`);
      await client.until("Password: ");
      client.type(`${password}\r\n`);
    },
  };
  return client;
}
