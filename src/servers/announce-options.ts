/**
 * The check of the option `announce`.
 *
 * @module
 */

import type { z } from "zod";
import { isAnnouncedName, MOST_NAME_BYTES } from "./announced-name.ts";
import { schemaOf } from "./zod.ts";

export const announceSchema: () => z.ZodType<boolean | string> = schemaOf((z) =>
  z.custom<boolean | string>(
    (value) => typeof value === "boolean" || (typeof value === "string" && isAnnouncedName(value)),
    { error: `true, false or a name of 1 to ${MOST_NAME_BYTES} bytes without control characters` },
  ),
);
