/**
 * What only modules may say, said so that a script can: static imports become `await import()`, exports lose the word.
 *
 * @module
 */

import type { ImportDeclaration, ModuleDeclaration, Program } from "acorn";

type ParseModule = (code: string) => Program;

function source(code: string, node: { readonly start: number; readonly end: number }): string {
  return code.slice(node.start, node.end);
}

/** `import a, { b as c } from "x"` as declarations; `var`, so that a line can be typed twice. */
function importCode(code: string, node: ImportDeclaration): string {
  const attributes = node.attributes.map((attribute) => source(code, attribute)).join(", ");
  const loading = `await import(${node.source.raw}${attributes === "" ? "" : `, { with: { ${attributes} } }`})`;
  let namespace: string | undefined;
  const names: string[] = [];
  for (const specifier of node.specifiers) {
    const local = specifier.local.name;
    if (specifier.type === "ImportNamespaceSpecifier") namespace = local;
    else if (specifier.type === "ImportDefaultSpecifier") names.push(`default: ${local}`);
    else names.push(`${source(code, specifier.imported)}: ${local}`);
  }
  const members = names.length === 0 ? undefined : `{ ${names.join(", ")} }`;
  if (namespace === undefined) return members === undefined ? `${loading};` : `var ${members} = ${loading};`;
  return `var ${namespace} = ${loading}${members === undefined ? "" : `, ${members} = ${namespace}`};`;
}

function declarationCode(code: string, node: ModuleDeclaration): string {
  switch (node.type) {
    case "ImportDeclaration":
      return importCode(code, node);
    case "ExportNamedDeclaration":
      if (node.declaration != null) return source(code, node.declaration);
      return node.source == null ? ";" : `await import(${node.source.raw});`;
    case "ExportAllDeclaration":
      return `await import(${node.source.raw});`;
    case "ExportDefaultDeclaration":
      return /^(Function|Class)Declaration$/.test(node.declaration.type) && "id" in node.declaration
        ? source(code, node.declaration)
        : `(${source(code, node.declaration)});`;
  }
}

/** Rewrites module syntax; code without any is returned as it is. Throws what `parse` throws. */
export function rewriteModuleSyntax(code: string, parse: ParseModule): string {
  if (!/\b(import|export)\b/.test(code)) return code;
  let rewritten = "";
  let at = 0;
  for (const node of parse(code).body) {
    if (!/^(Import|Export)/.test(node.type) || !isModuleDeclaration(node)) continue;
    rewritten += code.slice(at, node.start) + declarationCode(code, node);
    at = node.end;
  }
  return rewritten + code.slice(at);
}

function isModuleDeclaration(node: { readonly type: string }): node is ModuleDeclaration {
  return /^(ImportDeclaration|Export(Named|All|Default)Declaration)$/.test(node.type);
}
