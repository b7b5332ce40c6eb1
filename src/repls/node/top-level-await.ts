/**
 * `await` outside of functions: the code is put in an async function, and what it declares stays outside.
 *
 * @module
 */

import type { AnyNode, Pattern, Program, VariableDeclaration } from "acorn";

/** Replaces pieces of a text, found in any order. */
interface Edits {
  replace(start: number, end: number, text: string): void;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

function* children(node: AnyNode): Iterable<AnyNode> {
  for (const value of Object.values(node)) {
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) yield item;
  }
}

function isScope(node: AnyNode): boolean {
  return /Function/.test(node.type) || node.type === "StaticBlock" || node.type === "MethodDefinition";
}

function awaits(node: AnyNode): boolean {
  if (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await)) return true;
  if (node.type === "PropertyDefinition") return node.computed && awaits(node.key);
  if (isScope(node)) return false;
  for (const child of children(node)) if (awaits(child)) return true;
  return false;
}

function boundNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((part) => boundNames(part.type === "RestElement" ? part : part.value));
    case "ArrayPattern":
      return pattern.elements.flatMap((part) => (part === null ? [] : boundNames(part)));
    case "RestElement":
      return boundNames(pattern.argument);
    case "AssignmentPattern":
      return boundNames(pattern.left);
    default:
      return [];
  }
}

/** A declaration as assignments; without a value `let` makes undefined of it, `var` leaves it. */
function assignments(code: string, node: VariableDeclaration, edits: Edits): void {
  const text = (part: { readonly start: number; readonly end: number }): string => code.slice(part.start, part.end);
  let at = node.start;
  let lead = "void (";
  for (const declarator of node.declarations) {
    if (declarator.init != null) {
      edits.replace(at, declarator.id.start, `${lead}(`);
      edits.replace(declarator.init.end, declarator.init.end, ")");
      at = declarator.init.end;
    } else {
      const value = node.kind === "var" ? "undefined" : `(${text(declarator.id)} = undefined)`;
      edits.replace(at, declarator.end, `${lead}${value}`);
      at = declarator.end;
    }
    lead = ", ";
  }
  edits.replace(at, node.end, text(node).endsWith(";") ? ");" : ")");
}

/** `var` below the top level belongs to the whole code; functions keep theirs. */
function hoistInner(code: string, node: AnyNode, names: Set<string>, edits: Edits): void {
  if (isScope(node)) return;
  if (node.type === "VariableDeclaration" && node.kind === "var") {
    for (const declarator of node.declarations) for (const name of boundNames(declarator.id)) names.add(name);
    assignments(code, node, edits);
    return;
  }
  if ((node.type === "ForOfStatement" || node.type === "ForInStatement") && node.left.type === "VariableDeclaration") {
    const declaration = node.left;
    const declarator = declaration.declarations[0];
    if (declaration.kind === "var" && declarator !== undefined) {
      for (const name of boundNames(declarator.id)) names.add(name);
      edits.replace(declaration.start, declarator.id.start, "");
    }
    hoistInner(code, node.body, names, edits);
    return;
  }
  for (const child of children(node)) hoistInner(code, child, names, edits);
}

/**
 * Wraps code that awaits at its top level into an async function.
 *
 * @returns undefined when nothing awaits; else code whose value is a promise of `{ value }`, or of undefined when it
 * does not end with an expression. What `let`, `const` and `class` declare can be assigned to afterwards.
 * @throws what `parse` throws.
 */
export function wrapTopLevelAwait(code: string, parse: (code: string) => Program): string | undefined {
  if (!/\bawait\b/.test(code)) return undefined;
  const program = parse(code);
  if (!program.body.some((node) => awaits(node))) return undefined;
  const vars = new Set<string>();
  const lets: string[] = [];
  const functions: string[] = [];
  const found: { start: number; end: number; text: string }[] = [];
  const edits: Edits = { replace: (start, end, text) => found.push({ start, end, text }) };
  for (const [index, node] of program.body.entries()) {
    if (node.type === "VariableDeclaration") {
      const names = node.declarations.flatMap((declarator) => boundNames(declarator.id));
      if (node.kind === "var") for (const name of names) vars.add(name);
      else lets.push(...names);
      assignments(code, node, edits);
    } else if (node.type === "FunctionDeclaration") {
      vars.add(node.id.name);
      functions.push(node.id.name);
    } else if (node.type === "ClassDeclaration") {
      lets.push(node.id.name);
      edits.replace(node.start, node.start, `${node.id.name} = `);
      edits.replace(node.end, node.end, ";");
    } else if (node.type === "ExpressionStatement" && index === program.body.length - 1) {
      edits.replace(node.start, node.expression.start, "return { value: (");
      edits.replace(node.expression.end, node.end, ") };");
    } else {
      hoistInner(code, node, vars, edits);
    }
  }
  let body = "";
  let at = 0;
  for (const edit of found.sort((a, b) => a.start - b.start)) {
    body += code.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  body += code.slice(at);
  const declared =
    (vars.size > 0 ? `var ${[...vars].join(", ")}; ` : "") + (lets.length > 0 ? `let ${lets.join(", ")}; ` : "");
  const hoisted = functions.map((name) => `this.${name} = ${name}; `).join("");
  return `${declared}(async () => { ${hoisted}${body}\n})()`;
}
