/**
 * The facts of MLST and MLSD (RFC 3659 §7.5).
 *
 * @module
 */

import type { Account, Right } from "../../contracts/credentials.ts";
import type { Entry } from "../../contracts/store.ts";
import type { MlstFact } from "./actions.ts";
import { createTimestampFormatter } from "./times.ts";

/** All facts there are, in the order in which they are written. */
export const MLST_FACTS: readonly MlstFact[] = ["type", "size", "modify", "perm", "unix.mode"];

/** The letters of RFC 3659 §7.5.5, each with the right that it stands for; `e` (enter) needs none. */
const PERMISSIONS: Readonly<Record<Entry["type"], readonly (readonly [string, Right | undefined])[]>> = {
  file: [
    ["a", "write"],
    ["d", "delete"],
    ["f", "rename"],
    ["r", "read"],
    ["w", "write"],
  ],
  directory: [
    ["c", "write"],
    ["d", "delete"],
    ["e", undefined],
    ["f", "rename"],
    ["l", "list"],
    ["m", "make-directory"],
    ["p", "delete"],
  ],
};

function permissions(type: Entry["type"], account: Account): string {
  return PERMISSIONS[type]
    .filter(([, right]) => right === undefined || account.rights.has(right))
    .map(([letter]) => letter)
    .join("");
}

/** Writes an entry's facts, each with its `;`, without the blank and the name. What a store cannot tell is left out. */
export function createFactsFormatter(facts: readonly MlstFact[], account: Account): (entry: Entry) => string {
  const wanted = new Set(facts);
  const fileStart = wanted.has("type") ? "type=file;" : "";
  const directoryStart = wanted.has("type") ? "type=dir;" : "";
  const filePermissions = wanted.has("perm") ? `perm=${permissions("file", account)};` : "";
  const directoryPermissions = wanted.has("perm") ? `perm=${permissions("directory", account)};` : "";
  const size = wanted.has("size");
  const modify = wanted.has("modify");
  const mode = wanted.has("unix.mode");
  const formatTimestamp = createTimestampFormatter();
  /** The facts behind the time, of the type and mode that were met last: most entries share them. */
  let last: Pick<Entry, "type" | "mode"> | undefined;
  let end = "";
  return (entry) => {
    const { type } = entry;
    const isFile = type === "file";
    if (last === undefined || type !== last.type || entry.mode !== last.mode) {
      last = { type, mode: entry.mode };
      end = isFile ? filePermissions : directoryPermissions;
      if (mode && entry.mode !== undefined) end += `unix.mode=0${(entry.mode & 0o777).toString(8).padStart(3, "0")};`;
    }
    const start = isFile ? fileStart : directoryStart;
    const itsSize = size && isFile ? `size=${entry.sizeBytes};` : "";
    const modified = modify ? formatTimestamp(entry.modifiedMs) : undefined;
    return `${start}${itsSize}${modified === undefined ? "" : `modify=${modified};`}${end}`;
  };
}
