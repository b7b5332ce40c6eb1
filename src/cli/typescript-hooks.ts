/**
 * Module hooks (`node:module` `register`) that let `porthole node app.ts` run on a Node without type stripping of its
 * own: types are cut out, everything else stays where it was, so that line numbers hold.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "sucrase";

interface LoadContext {
  readonly format?: string | null | undefined;
}

interface LoadResult {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: true;
}

/** Loads `.ts` and `.mts` as ES modules and `.cts` as CommonJS; leaves everything else to Node. */
export async function load(
  url: string,
  context: LoadContext,
  nextLoad: (url: string, context: LoadContext) => Promise<unknown>,
): Promise<unknown> {
  const match = url.startsWith("file:") ? /\.([cm]?)ts$/.exec(new URL(url).pathname) : null;
  if (match === null) return nextLoad(url, context);
  const filePath = fileURLToPath(url);
  const { code } = transform(await readFile(filePath, "utf8"), {
    transforms: ["typescript"],
    disableESTransforms: true,
    filePath,
  });
  return { format: match[1] === "c" ? "commonjs" : "module", source: code, shortCircuit: true } satisfies LoadResult;
}
