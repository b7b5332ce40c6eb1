/**
 * A certificate of one's own, made once and kept, so that a client that has seen its fingerprint knows the server again.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { PortholeError } from "../contracts/errors.ts";

const FILE = "self-signed.pem";
const VALID_YEARS = 10;

/** `$XDG_CONFIG_HOME/porthole`, else `~/.config/porthole`. */
function defaultDirectory(): string {
  const base = process.env["XDG_CONFIG_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".config") : base, "porthole");
}

/**
 * The kept certificate and its key; made and kept when there is none. The file is its owner's only (mode 600). Servers
 * that start at the same time get the same one.
 *
 * Rejects with {@link PortholeError} `PORTHOLE_ERR_CERTIFICATE` when it can be neither read nor kept.
 */
export async function keepSelfSigned(
  directory: string = defaultDirectory(),
): Promise<{ readonly cert: string; readonly key: string }> {
  const file = join(directory, FILE);
  try {
    const kept = await read(file);
    if (kept !== undefined) return kept;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const draft = `${file}.${randomBytes(6).toString("hex")}`;
    await writeFile(draft, await make(), { mode: 0o600, flag: "wx" });
    try {
      await link(draft, file); // whole or not at all; whoever came first wins
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      await unlink(draft);
    }
    const made = await read(file);
    if (made !== undefined) return made;
    throw new Error("it has disappeared");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new PortholeError(
      "PORTHOLE_ERR_CERTIFICATE",
      `cannot keep a self-signed certificate in ${directory}: ${code ?? message}; name another directory or give cert and key`,
      { cause },
    );
  }
}

async function read(file: string): Promise<{ readonly cert: string; readonly key: string } | undefined> {
  let text: string;
  try {
    text = await readFile(file, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const block = (label: string): string => {
    const found = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n?`).exec(text);
    if (found === null) throw new Error(`${file} holds no ${label}; remove it to have a new one made`);
    return found[0];
  };
  return { cert: block("CERTIFICATE"), key: block("PRIVATE KEY") };
}

async function make(): Promise<string> {
  const { generate } = await import("selfsigned");
  const name = hostname() === "" ? "porthole" : hostname().slice(0, 64);
  const expires = new Date();
  expires.setFullYear(expires.getFullYear() + VALID_YEARS);
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notAfterDate: expires,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: name },
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
        ],
      },
    ],
  });
  return `${cert.trim()}\n${key.trim()}\n`;
}
