/**
 * LIST, NLST, MLSD and STAT with a path: which directory and which names an argument can mean.
 *
 * @module
 */

import type { VirtualPath } from "../../contracts/store.ts";
import { parsePath } from "../text/path.ts";
import type { FtpFailureKind, ListingFormat } from "./actions.ts";
import type { CommandContext } from "./command.ts";
import { isGlob } from "./glob.ts";
import type { ListingTransfer } from "./listing.ts";
import { dataConnectionAllowed, runTransfer, takeTransferPromises } from "./transfers.ts";

/** Takes the flags of `ls` off: `-la path`, `-l -a path`, `-- -name`. */
function splitFlags(argument: string): { readonly all: boolean; readonly path: string } {
  let path = argument;
  let all = false;
  for (;;) {
    const match = /^ *-([A-Za-z0-9]+|-)(?: +|$)/.exec(path);
    if (match === null) return { all, path };
    path = path.slice(match[0].length);
    if (match[1] === "-") return { all, path };
    if (/[aA]/.test(match[1] as string)) all = true;
  }
}

interface Candidate {
  readonly path: VirtualPath;
  readonly pattern: string | undefined;
  readonly prefix: string;
}

/** A pattern is looked for in the last part only: that is what `mget` of the old clients sends. */
function splitPattern(written: string, cwd: VirtualPath): Candidate | undefined {
  const end = written.lastIndexOf("/") + 1;
  const pattern = written.slice(end);
  const path = parsePath(written.slice(0, end), cwd);
  if (!isGlob(pattern) || path === undefined) return undefined;
  return { path, pattern: pattern === "*.*" ? "*" : pattern, prefix: written.slice(0, end) };
}

function plain(written: string, cwd: VirtualPath): Candidate | undefined {
  const path = parsePath(written, cwd);
  const bare = /^(?:\.?\/?|(?:\.\/)+)$/.test(written) && !written.startsWith("/");
  const prefix = bare ? "" : written.endsWith("/") ? written : `${written}/`;
  return path === undefined ? undefined : { path, pattern: undefined, prefix };
}

/**
 * What an argument can mean, the likeliest first: a path as it stands; a pattern; the same with the `\` of Windows
 * clients for `/`. The next one is tried only when there is nothing of the name before.
 */
function candidates(written: string, cwd: VirtualPath, patterns: boolean): Candidate[] {
  if (!patterns) return [plain(written, cwd)].filter((candidate) => candidate !== undefined);
  const slashed = written.replaceAll("\\", "/");
  const meanings =
    slashed === written
      ? [plain(written, cwd), splitPattern(written, cwd)]
      : [plain(written, cwd), plain(slashed, cwd), splitPattern(slashed, cwd)];
  return meanings.filter((candidate) => candidate !== undefined);
}

function listings(context: CommandContext, argument: string, format: ListingFormat): ListingTransfer[] {
  const patterns = format.format !== "mlsd";
  const { all, path } = patterns ? splitFlags(argument) : { all: true, path: argument };
  return candidates(path, context.session.cwd, patterns).map(
    (candidate): ListingTransfer => ({
      kind: "listing",
      ...candidate,
      all: all || candidate.pattern === undefined,
      ...format,
    }),
  );
}

function failListing(
  context: CommandContext,
  failure: { readonly kind: FtpFailureKind; readonly peerText?: string },
): void {
  if (context.verb === "MLSD" && failure.kind === "not-directory") context.reply(501, "That is not a directory.");
  else context.fail(failure);
}

/** A listing over the data connection. */
export function startListing(context: CommandContext, argument: string, format: ListingFormat): void {
  takeTransferPromises(context);
  if (!dataConnectionAllowed(context)) return;
  const meanings = listings(context, argument, format);
  const attempt = (index: number): void => {
    const transfer = meanings[index];
    if (transfer === undefined) {
      context.fail({ kind: "not-found" });
      return;
    }
    runTransfer(context, transfer, {}, (failure) => {
      if (failure.kind === "not-found" && index + 1 < meanings.length && context.session.dataReady) attempt(index + 1);
      else failListing(context, failure);
      return true;
    });
  };
  attempt(0);
}

/** A listing over the control connection: STAT with a path. */
export function startInlineListing(context: CommandContext, argument: string): void {
  const meanings = listings(context, argument, { format: "list" });
  const attempt = (index: number): void => {
    const transfer = meanings[index];
    if (transfer === undefined) {
      context.fail({ kind: "not-found" });
      return;
    }
    context.ask(
      (id) => ({ type: "list-inline", id, transfer }),
      (outcome) => {
        if (outcome.ok) {
          const lines = outcome.value?.type === "lines" ? outcome.value.lines : [];
          context.replyLines(213, "Status follows:", lines, "End of status.");
        } else if (outcome.kind === "not-found" && index + 1 < meanings.length) attempt(index + 1);
        else context.fail(outcome);
      },
    );
  };
  attempt(0);
}
