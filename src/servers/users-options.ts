/**
 * The options `users` and `anonymous`.
 *
 * @module
 */

import type { z } from "zod";
import type { AccountLimits, Right } from "../contracts/credentials.ts";
import { LIMITS } from "../contracts/limits.ts";
import { parsePath } from "../protocol/text/path.ts";
import { parseOptions } from "./options.ts";
import { parsePasswordHash } from "./password-hash.ts";
import { schemaOf } from "./zod.ts";

/** One account. */
export interface UserOptions {
  /** 1 to 255 bytes of UTF-8 without control characters. */
  readonly name: string;
  /** What `porthole passwd` prints. */
  readonly hash: string;
  /** `"all"`, `"read-only"` (read and list), or single rights. Without `prompt` there is no Telnet. Default `"all"`. */
  readonly rights?: "all" | "read-only" | readonly Right[] | undefined;
  /** The directory of the store that the account sees as `/`. Default `/`. */
  readonly root?: string | undefined;
  /** What the account may use up. Default: no bounds but the server's. */
  readonly limits?: AccountLimits | undefined;
}

/** A guest: `anonymous` or `ftp` with any password, who may read and list. */
export interface AnonymousOptions {
  readonly root?: string | undefined;
  readonly limits?: AccountLimits | undefined;
}

/** The accounts, or the name of a JSON file `{ "users": [ … ] }`, which is read again when it has changed. */
export type UsersOption = readonly UserOptions[] | string;

const RIGHTS = ["read", "write", "delete", "rename", "make-directory", "list", "prompt"] as const;

const limits: () => z.ZodType<AccountLimits> = schemaOf((z) => {
  const rate = z.int().min(1).max(1e12).optional();
  return z.strictObject({
    uploadBytesPerSecond: rate,
    downloadBytesPerSecond: rate,
    sessions: z.int().min(1).max(10_000).optional(),
    quotaBytes: z.int().min(0).optional(),
    maxUploadBytes: z.int().min(1).optional(),
  });
});

const root = schemaOf((z) =>
  z.string().refine((path) => path.startsWith("/") && parsePath(path) !== undefined, {
    error: 'a path of the store that begins with "/"',
  }),
);

const user: () => z.ZodType<UserOptions> = schemaOf((z) =>
  z.strictObject({
    name: z
      .string()
      .refine((text) => text !== "" && new TextEncoder().encode(text).length <= 255 && !/\p{Cc}/u.test(text), {
        error: "1 to 255 bytes of UTF-8 without control characters",
      }),
    hash: z.string().refine(isHash, { error: "a password hash: make one with `porthole passwd`" }),
    rights: z.union([z.literal("all"), z.literal("read-only"), z.array(z.enum(RIGHTS))]).optional(),
    root: root().optional(),
    limits: limits().optional(),
  }),
);

const users = schemaOf((z) =>
  z
    .array(user())
    .max(LIMITS.users.value)
    .superRefine((list, context) => {
      const names = new Set<string>();
      list.forEach(({ name }, at) => {
        const same = name.normalize("NFC");
        if (names.has(same)) {
          context.addIssue({ code: "custom", path: [at, "name"], message: "a name that no other user has" });
        }
        names.add(same);
      });
    }),
);

/** Reads the option `users`. */
export const usersSchema: () => z.ZodType<UsersOption> = schemaOf((z) =>
  z.union([z.string().min(1), users()], {
    error: (issue) => firstMessage(issue) ?? "a list of users, or the name of a file",
  }),
);

const usersFile: () => z.ZodType<{ readonly users: readonly UserOptions[] }> = schemaOf((z) =>
  z.strictObject({ users: users() }),
);

/**
 * Checks what a file of users says.
 *
 * @throws {@link ArgumentError}
 */
export function parseUsersFile(name: string, content: unknown): { readonly users: readonly UserOptions[] } {
  return parseOptions(`the file of users ${name}`, usersFile(), content);
}

/** Reads the option `anonymous`. */
export const anonymousSchema: () => z.ZodType<boolean | AnonymousOptions> = schemaOf((z) =>
  z.union([z.boolean(), z.strictObject({ root: root().optional(), limits: limits().optional() })]),
);

/** What is wrong with an entry is worth more than that it is no name of a file either. */
function firstMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "invalid_union" || !Array.isArray(issue.input)) return undefined;
  const inner = (issue["errors"] as z.core.$ZodIssue[][] | undefined)?.[1]?.[0];
  return inner && `a list of users: entry ${inner.path.map(String).join(".")} must be ${inner.message}`;
}

function isHash(text: string): boolean {
  try {
    parsePasswordHash(text);
    return true;
  } catch {
    return false;
  }
}
