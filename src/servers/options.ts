/**
 * One way from a schema to an error that says what is wrong with which option.
 *
 * @module
 */

import type { z } from "zod";
import type { ErrorCode } from "../contracts/errors.ts";

/** A wrong option: a `TypeError` for the wrong type or name, a `RangeError` for a value out of range. */
export type ArgumentError = (TypeError | RangeError) & { readonly code: ErrorCode };

/** Makes the error that a wrong argument is told with: its code is `PORTHOLE_ERR_ARGUMENT`. */
export function argumentError(kind: "type" | "range", message: string): ArgumentError {
  const error = kind === "type" ? new TypeError(message) : new RangeError(message);
  return Object.assign(error, { code: "PORTHOLE_ERR_ARGUMENT" as const });
}

/**
 * Checks options and fills in their defaults.
 *
 * @param what - The function that was called, for the message: `createTelnetServer`.
 * @throws {@link ArgumentError} for the first wrong option; its message says option, value and what is allowed. The
 * value of an option whose name says password or secret is not repeated.
 */
export function parseOptions<Settings>(what: string, schema: z.ZodType<Settings>, options: unknown): Settings {
  const result = schema.safeParse(options ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new Error("bug: a failed parse without an issue");
  throw describe(what, issue, options);
}

function describe(what: string, issue: z.core.$ZodIssue, options: unknown): ArgumentError {
  const name = issue.path.map(String).join(".") || "options";
  const value = issue.path.reduce<unknown>(
    (from, key) => (from as Record<PropertyKey, unknown> | null)?.[key],
    options,
  );
  const shown = /pass|secret|key|hash/i.test(name) ? "***" : show(value);
  const told = (kind: "type" | "range", allowed: string) =>
    argumentError(kind, `${what}: ${name} is ${shown}; it must be ${allowed}`);
  switch (issue.code) {
    case "invalid_type":
      return told("type", article(issue.expected));
    case "too_small":
      return told("range", `at least ${issue.minimum}${unit(issue.origin)}`);
    case "too_big":
      return told("range", `at most ${issue.maximum}${unit(issue.origin)}`);
    case "unrecognized_keys": {
      const prefix = issue.path.length === 0 ? "" : `${name}.`;
      return argumentError("type", `${what}: there is no option ${issue.keys.map((key) => prefix + key).join(", ")}`);
    }
    case "invalid_value":
      return told("range", issue.values.map(show).join(" or "));
    case "invalid_union":
      return told("type", issue.message);
    case "custom":
      return told(issue.params?.["kind"] === "type" ? "type" : "range", issue.message);
    default:
      return told("range", issue.message);
  }
}

function article(expected: string): string {
  if (expected === "int") return "a whole number";
  return `${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected}`;
}

function unit(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" || origin === "set" || origin === "map" ? " entries" : "";
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "bigint" ? `${value}n` : String(value);
}
