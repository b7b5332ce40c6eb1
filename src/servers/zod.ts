/**
 * Zod, loaded when options are first checked: `import "porthole"` does not wait for it.
 *
 * @module
 */

import { createRequire } from "node:module";
import type { z } from "zod";

type Zod = typeof z;

let loaded: Zod | undefined;

/**
 * A schema that is made when it is first asked for.
 *
 * @returns a function that gives the same schema each time.
 */
export function schemaOf<Schema>(make: (z: Zod) => Schema): () => Schema {
  let schema: Schema | undefined;
  return () => {
    loaded ??= (createRequire(import.meta.url)("zod") as { readonly z: Zod }).z;
    schema ??= make(loaded);
    return schema;
  };
}
