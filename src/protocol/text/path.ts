/**
 * The one door for paths that a peer names.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import type { VirtualPath } from "../../contracts/store.ts";

export const ROOT_PATH: VirtualPath = "/" as VirtualPath;

const encoder = new TextEncoder();

/** True for a name that can be told on one line and stored: not empty, "." or "..", no "/", NUL, CR, LF, at most 255 bytes. */
export function isPathPart(name: string): boolean {
  if (name === "" || name === "." || name === "..") return false;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit === 0 || unit === 10 || unit === 13 || unit === 47) return false;
  }
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (name.length * 3 <= LIMITS.ftpNameBytes.value) return true;
  return name.length <= LIMITS.ftpNameBytes.value && encoder.encode(name).length <= LIMITS.ftpNameBytes.value;
}

/**
 * Reads a path as a peer writes it: relative to `base` unless it begins with "/"; "." and empty parts vanish, ".."
 * steps up and stays at the root.
 *
 * @returns undefined for a path that no store can hold: NUL, CR or LF in it, a part over 255 bytes, over 128 parts.
 */
export function parsePath(text: string, base: VirtualPath = ROOT_PATH): VirtualPath | undefined {
  const parts = text.startsWith("/") ? [] : pathParts(base);
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else if (!isPathPart(part)) return undefined;
    else parts.push(part);
    if (parts.length > LIMITS.ftpPathParts.value) return undefined;
  }
  return `/${parts.join("/")}` as VirtualPath;
}

/** The parts of a path; none for the root. */
export function pathParts(path: VirtualPath): string[] {
  return path === ROOT_PATH ? [] : path.slice(1).split("/");
}

/** The last part; empty for the root. */
export function baseName(path: VirtualPath): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path without its last part; the root's is the root. */
export function parentPath(path: VirtualPath): VirtualPath {
  const end = path.lastIndexOf("/");
  return end <= 0 ? ROOT_PATH : (path.slice(0, end) as VirtualPath);
}

/** The path of an entry below `directory`. `name` must be a path part. */
export function childPath(directory: VirtualPath, name: string): VirtualPath {
  return (directory === ROOT_PATH ? `/${name}` : `${directory}/${name}`) as VirtualPath;
}
