/**
 * Types are taken off before a line is run. The stripper is loaded with the first line that could have any.
 *
 * @module
 */

import { createRequire } from "node:module";

type Strip = (code: string) => string;

const require = createRequire(import.meta.url);
let loaded: Strip | undefined;

function load(): Strip {
  const { transform } = require("sucrase") as typeof import("sucrase");
  return (code) =>
    transform(code, { transforms: ["typescript"], keepUnusedImports: true, disableESTransforms: true }).code;
}

/** Type syntax needs one of these. */
const HINTS =
  /[:<!@]|\b(as|satisfies|type|interface|enum|import|export|declare|abstract|namespace|module|private|public|protected|readonly|override)\b/;

/** Takes the types off TypeScript; plain JavaScript comes back as it was. Throws for what it can't parse. */
export function stripTypes(code: string): string {
  if (!HINTS.test(code)) return code;
  loaded ??= load();
  return loaded(code);
}

/** Whether what {@link stripTypes} threw means that the code only isn't finished yet. */
export function isUnfinished(error: unknown, code: string): boolean {
  const { pos, message } = error as { readonly pos?: number; readonly message?: string };
  return (
    (pos !== undefined && pos >= code.trimEnd().length) ||
    /Unterminated (template|comment|block)|Unexpected eof|<eof>/i.test(message ?? "")
  );
}
