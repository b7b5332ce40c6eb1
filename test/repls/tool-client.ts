import type { Bench } from "./board-bench.ts";

/** How pyboard.py and mpremote talk to a board: their bytes in their order, and what they wait for between them. */
export class ToolClient {
  readonly #board: Bench;
  /** As pyboard.py tries it first. */
  #rawPaste = true;
  usedRawPaste = 0;

  constructor(board: Bench) {
    this.#board = board;
  }

  async enterRawRepl({ softReset = true }: { readonly softReset?: boolean } = {}): Promise<void> {
    this.#board.type("\r\x03");
    this.#board.type("\r\x01");
    if (softReset) {
      await this.#board.expect("raw REPL; CTRL-B to exit\r\n>");
      this.#board.type("\x04");
      await this.#board.expect("soft reboot\r\n");
    }
    await this.#board.expect("raw REPL; CTRL-B to exit\r\n");
  }

  exitRawRepl(): void {
    this.#board.type("\r\x02");
  }

  /** As `exec_raw_no_follow` and `follow`. */
  async exec(code: string | Uint8Array): Promise<string> {
    const command = Buffer.from(code);
    await this.#board.expect(">");
    if (this.#rawPaste && (await this.#startRawPaste())) await this.#pasteWrite(command);
    else await this.#write(command);
    const output = (await this.#board.expect("\x04")).slice(0, -1);
    const error = (await this.#board.expect("\x04")).slice(0, -1);
    if (error !== "") throw new Error(error);
    return output;
  }

  /** As `eval`. */
  async evaluate(expression: string): Promise<string> {
    return this.exec(`print(${expression})`);
  }

  async put(name: string, data: Buffer, chunkBytes = 256): Promise<void> {
    await this.exec(`f=open('${name}','wb')\nw=f.write`);
    for (let at = 0; at < data.length; at += chunkBytes) {
      await this.exec(`w(${bytesLiteral(data.subarray(at, at + chunkBytes))})`);
    }
    await this.exec("f.close()");
  }

  async get(name: string, chunkBytes = 256): Promise<Buffer> {
    await this.exec(`f=open('${name}','rb')\nr=f.read`);
    const parts: Buffer[] = [];
    for (;;) {
      const text = (await this.exec(`print(r(${chunkBytes}))`)).trim();
      const part = parseBytesLiteral(text);
      if (part.length === 0) break;
      parts.push(part);
    }
    await this.exec("f.close()");
    return Buffer.concat(parts);
  }

  async #startRawPaste(): Promise<boolean> {
    this.#board.type("\x05A\x01");
    const answer = await this.#board.expect(/R[\x00\x01]|ra/);
    if (answer === "R\x01") return true;
    this.#rawPaste = false;
    return false;
  }

  async #pasteWrite(command: Buffer): Promise<void> {
    const header = Buffer.from(await this.#board.expect(/^[\s\S]{2}/), "latin1");
    const window = header.readUInt16LE();
    let room = window;
    let at = 0;
    this.usedRawPaste++;
    while (at < command.length) {
      while (room === 0 || this.#board.seen() !== "") {
        const byte = await this.#board.expect(/^[\s\S]/);
        if (byte === "\x01") room += window;
        else if (byte === "\x04") {
          this.#board.type("\x04");
          return;
        } else throw new Error(`unexpected in raw paste: ${JSON.stringify(byte)}`);
      }
      const part = command.subarray(at, at + room);
      this.#board.type(part);
      room -= part.length;
      at += part.length;
    }
    this.#board.type("\x04");
    await this.#board.expect("\x04");
  }

  async #write(command: Buffer): Promise<void> {
    for (let at = 0; at < command.length; at += 256) this.#board.type(command.subarray(at, at + 256));
    this.#board.type("\x04");
    await this.#board.expect("OK");
  }
}

function bytesLiteral(data: Uint8Array): string {
  return `b'${[...data].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}'`;
}

/** Reads what `print(bytes)` shows. */
function parseBytesLiteral(text: string): Buffer {
  const quoted = /^b(['"])([\s\S]*)\1$/.exec(text);
  if (quoted === null) throw new Error(`not bytes: ${text}`);
  const escapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, "\\": 92, "'": 39, '"': 34 };
  const bytes: number[] = [];
  for (const [, hex, letter, plain] of (quoted[2] as string).matchAll(/\\x([0-9a-f]{2})|\\(.)|([^\\])/g)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else bytes.push(letter === undefined ? (plain as string).charCodeAt(0) : (escapes[letter] as number));
  }
  return Buffer.from(bytes);
}
