import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StorageError } from "../../src/contracts/errors.ts";
import type { Store, VirtualPath, WriteMode } from "../../src/contracts/store.ts";
import { parsePath } from "../../src/testing/index.ts";

export function path(text: string): VirtualPath {
  const parsed = parsePath(text);
  if (parsed === undefined) throw new TypeError(`not a path: ${text}`);
  return parsed;
}

/** A directory with `root/` and `outside/` in it, removed with `remove()`. */
export function createPlayground(name: string): { root: string; outside: string; base: string; remove: () => void } {
  const base = mkdtempSync(join(tmpdir(), `porthole-${name}-`));
  const root = join(base, "root");
  const outside = join(base, "outside");
  mkdirSync(root);
  mkdirSync(outside);
  return { root, outside, base, remove: () => rmSync(base, { recursive: true, force: true }) };
}

/** "done", or the kind of the refusal. */
export async function kindOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "done";
  } catch (error) {
    return error instanceof StorageError ? error.kind : String(error);
  }
}

export async function put(store: Store, name: string, content: string | Uint8Array, mode: WriteMode = "replace") {
  const handle = await store.openWrite(path(name), { mode });
  try {
    await handle.write([typeof content === "string" ? new TextEncoder().encode(content) : content]);
  } catch (error) {
    await handle.abort();
    throw error;
  }
  return handle.commit();
}

export async function get(store: Store, name: string): Promise<string> {
  const handle = await store.openRead(path(name), 0);
  try {
    const target = new Uint8Array(Math.max(1, handle.entry.sizeBytes));
    return new TextDecoder().decode(target.subarray(0, await handle.read(target)));
  } finally {
    await handle.close();
  }
}

export async function names(store: Store, name: string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of store.list(path(name))) found.push(...batch.map((entry) => entry.name));
  return found.sort();
}

export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** True when this process may mount file systems. */
export function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const at = mkdtempSync(join(tmpdir(), "porthole-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", at], { stdio: "ignore" });
    execFileSync("umount", [at], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}
