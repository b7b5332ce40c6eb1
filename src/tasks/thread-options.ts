/**
 * What can be said about a task's thread, beside what its server is told.
 *
 * @module
 */

import type { z } from "zod";
import { parseOptions } from "../servers/options.ts";
import { schemaOf } from "../servers/zod.ts";

/** Options that every task's `start()` takes. */
export interface ThreadOptions {
  /** True: the program goes on for as long as the task runs. Default false: a task never keeps a program alive. */
  readonly keepAlive?: boolean | undefined;
  /** Stack of the thread in MiB, 1 to 64. Default 4. */
  readonly stackSizeMb?: number | undefined;
}

/** The options with their defaults. */
export interface ThreadSettings {
  readonly keepAlive: boolean;
  readonly stackSizeMb: number;
}

const schema: () => z.ZodType<ThreadSettings> = schemaOf((z) =>
  z.object({
    keepAlive: z.boolean().default(false),
    stackSizeMb: z.number().min(1).max(64).default(4),
  }),
);

/**
 * Checks the options of the thread and parts them from the server's.
 *
 * @throws TypeError or RangeError with code `PORTHOLE_ERR_ARGUMENT`.
 */
export function parseThreadOptions<Options extends ThreadOptions>(
  what: string,
  options: Options,
): {
  readonly thread: ThreadSettings;
  readonly rest: Omit<Options, keyof ThreadOptions>;
} {
  const thread = parseOptions(what, schema(), options);
  const { keepAlive: _keepAlive, stackSizeMb: _stackSizeMb, ...rest } = options;
  return { thread, rest };
}
