/**
 * `help()`: what is there.
 *
 * @module
 */

/** Text of `help()` at the prompt. */
export function helpText(context: object, commands: Readonly<Record<string, { readonly help?: string }>>): string {
  const rows = (pairs: readonly (readonly [string, string])[]): string => {
    const width = Math.max(...pairs.map(([name]) => name.length)) + 3;
    return pairs.map(([name, text]) => `  ${name.padEnd(width)}${text}\n`).join("");
  };
  const names = Object.keys(context)
    .sort()
    .map((name) => [name, kindOf(context, name)] as const);
  const dots = Object.entries(commands)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { help }]) => [`.${name}`, help ?? ""] as const);
  return [
    names.length > 0 ? `The program gives you:\n${rows(names)}\n` : "The program gives you no names of its own.\n\n",
    "JavaScript and TypeScript, import and await run as they are typed; _ is the last value, _error the last error.\n\n",
    `Commands:\n${rows(dots)}\n`,
    "Tab completes, arrows recall, Ctrl-R searches, Ctrl-C stops what runs, Ctrl-D leaves.\n",
  ].join("");
}

/** What a name stands for, in a word or two; a getter is not called. */
function kindOf(context: object, name: string): string {
  const descriptor = Object.getOwnPropertyDescriptor(context, name);
  if (descriptor === undefined || !("value" in descriptor)) return "read when it is named";
  const value: unknown = descriptor.value;
  if (value === null) return "null";
  if (typeof value === "function") {
    return /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "function";
  }
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return `array of ${value.length}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || typeof prototype !== "object") return "object";
  const maker = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value as unknown;
  return typeof maker === "function" && maker.name !== "" ? maker.name : "object";
}
