/**
 * The patterns of LIST and NLST: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a character that is meant as itself.
 *
 * @module
 */

type Piece =
  | { readonly type: "any" } // *
  | { readonly type: "one"; readonly matches: (character: string) => boolean };

/** True when the text holds a character that a pattern may use. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

function parseClass(characters: readonly string[], start: number): { piece: Piece; end: number } | undefined {
  let at = start + 1;
  const negated = characters[at] === "!" || characters[at] === "^";
  if (negated) at++;
  const ranges: [string, string][] = [];
  for (let first = true; at < characters.length; first = false) {
    const from = characters[at] as string;
    if (from === "]" && !first) {
      const matches = (character: string): boolean =>
        ranges.some(([low, high]) => character >= low && character <= high) !== negated;
      return { piece: { type: "one", matches }, end: at };
    }
    const to = characters[at + 1] === "-" && characters[at + 2] !== "]" ? characters[at + 2] : undefined;
    ranges.push([from, to ?? from]);
    at += to === undefined ? 1 : 3;
  }
  return undefined; // never closed: the bracket is a bracket
}

function parseGlob(pattern: string): Piece[] {
  const characters = Array.from(pattern);
  const pieces: Piece[] = [];
  for (let at = 0; at < characters.length; at++) {
    let wanted = characters[at] as string;
    if (wanted === "*") {
      if (pieces.at(-1)?.type !== "any") pieces.push({ type: "any" });
      continue;
    }
    if (wanted === "?") {
      pieces.push({ type: "one", matches: () => true });
      continue;
    }
    const group = wanted === "[" ? parseClass(characters, at) : undefined;
    if (group !== undefined) {
      pieces.push(group.piece);
      at = group.end;
      continue;
    }
    if (wanted === "\\" && at + 1 < characters.length) wanted = characters[++at] as string;
    const literal = wanted;
    pieces.push({ type: "one", matches: (character) => character === literal });
  }
  return pieces;
}

/**
 * A matcher for whole names.
 *
 * It only ever goes back to the last `*`, so that a hostile pattern costs at most pattern times name.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  const pieces = parseGlob(pattern);
  return (name) => {
    const characters = Array.from(name);
    let at = 0;
    let piece = 0;
    let starPiece = -1;
    let starAt = 0;
    while (at < characters.length) {
      const wanted = pieces[piece];
      if (wanted?.type === "any") {
        starPiece = piece++;
        starAt = at;
      } else if (wanted?.matches(characters[at] as string)) {
        piece++;
        at++;
      } else if (starPiece >= 0) {
        piece = starPiece + 1;
        at = ++starAt;
      } else {
        return false;
      }
    }
    if (pieces[piece]?.type === "any") piece++;
    return piece === pieces.length;
  };
}
