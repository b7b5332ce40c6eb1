/**
 * From a virtual path to a host path that is below the root.
 *
 * @module
 */

import { readlinkSync, realpathSync } from "node:fs";
import type { VirtualPath } from "../../contracts/store.ts";
import { pathParts } from "../../protocol/text/path.ts";
import type { Status } from "./entries.ts";
import { refusal } from "./errno.ts";
import type { Ground, PinnedDirectory } from "./ground.ts";
import { isUploadName } from "./upload-name.ts";

/** Links followed on the way to one path, as many as Linux does. */
const MAX_LINKS = 40;

/** An entry, there or not, in a directory that is held. */
export interface Place {
  readonly directory: PinnedDirectory;
  /** Its name in the directory; "." for the root. */
  readonly name: string;
  /** For calls that don't follow a link, or after a look: whoever may write into the directory can swap it. */
  readonly path: string;
  /** As lstat(2) found it; undefined when nothing is there. */
  readonly stats: Status | undefined;
}

/**
 * Resolves paths one part at a time from the root. Links are read and resolved here, never by the host, so that each
 * step of theirs is held to the root as well; a link that leads out is kind `denied`.
 */
export class Confinement {
  readonly ground: Ground;
  readonly #root: string;

  constructor(root: string, ground: Ground) {
    this.#root = root;
    this.ground = ground;
  }

  /**
   * Finds the place of a path; its directory is held until the caller releases it.
   *
   * @param last - whether a link in the last part is followed.
   */
  locate(path: VirtualPath, last: "follow" | "keep"): Place {
    let parts = pathParts(path);
    for (let links = 0; links <= MAX_LINKS; links++) {
      const found = this.#walk(path, parts, last);
      if (!Array.isArray(found)) return found;
      parts = found;
    }
    throw refusal("denied", "follow so many links to", path);
  }

  /** The place, or the parts to try instead because a link was met. */
  #walk(path: VirtualPath, parts: readonly string[], last: "follow" | "keep"): Place | string[] {
    let directory = this.ground.root();
    try {
      for (const [index, part] of parts.entries()) {
        if (part === "..") return stepUp(path, parts, index);
        if (isUploadName(part)) throw refusal("not-found", "use", path);
        if (!isHostName(part)) throw refusal("bad-name", "use", path);
        if (index === parts.length - 1) break;
        const next = this.ground.child(directory, part);
        if (next === undefined) return this.#redirect(path, directory, parts, index);
        directory.release();
        directory = next;
      }
      const name = parts.at(-1) ?? ".";
      const entryPath = `${directory.path}/${name}`;
      const stats = this.ground.entries.look(directory, name);
      if (stats?.isSymbolicLink() && last === "follow") return this.#redirect(path, directory, parts, parts.length - 1);
      const place = { directory, name, path: entryPath, stats };
      directory = { path: "", descriptor: undefined, release: () => undefined };
      return place;
    } finally {
      directory.release();
    }
  }

  /** Puts what the link at `index` says in the place of the parts up to it. */
  #redirect(path: VirtualPath, directory: PinnedDirectory, parts: readonly string[], index: number): string[] {
    const part = parts[index] as string;
    const linkPath = `${directory.path}/${part}`;
    const found = this.ground.entries.look(directory, part);
    if (found === undefined) throw refusal("not-found", "enter", path);
    if (!found.isSymbolicLink()) throw refusal("not-directory", "enter", path);
    const target = hostToSlashes(readlinkSync(linkPath));
    const rest = parts.slice(index + 1);
    if (!isAbsolute(target)) return [...parts.slice(0, index), ...linkParts(target), ...rest];
    for (const root of [this.#root, realpathSync.native(this.#root)].map(hostToSlashes)) {
      if (target === root) return rest;
      const prefix = root.endsWith("/") ? root : `${root}/`;
      if (target.startsWith(prefix)) return [...linkParts(target.slice(prefix.length)), ...rest];
    }
    throw refusal("denied", "follow a link out of the root to", path);
  }
}

/** ".." of a link: everything before it was walked, and was no link. */
function stepUp(path: VirtualPath, parts: readonly string[], index: number): string[] {
  if (index === 0) throw refusal("denied", "follow a link out of the root to", path);
  return [...parts.slice(0, index - 1), ...parts.slice(index + 1)];
}

function linkParts(target: string): string[] {
  return target.split("/").filter((part) => part !== "" && part !== ".");
}

function isAbsolute(target: string): boolean {
  return target.startsWith("/") || /^[A-Za-z]:/.test(target);
}

const hostToSlashes: (path: string) => string =
  process.platform === "win32" ? (path) => path.replaceAll("\\", "/").replace(/^\/\/\?\//, "") : (path) => path;

/** Windows: separators, streams, wildcards, device names, and trailing dots or blanks, which it drops. */
const WINDOWS_REFUSED = /[\\:*?"<>|\u0001-\u001f]|[. ]$|^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** False for a part that a caller made up without `parsePath`, or that means something else to the host. */
export function isHostName(part: string, platform: string = process.platform): boolean {
  if (part === "" || part === "." || part === ".." || part.includes("/") || part.includes("\0")) return false;
  return platform !== "win32" || !WINDOWS_REFUSED.test(part);
}
