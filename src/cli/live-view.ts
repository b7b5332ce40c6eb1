/**
 * Lines at the bottom of a terminal that show what is now, below lines that stay: `porthole serve` and
 * `porthole status --watch`.
 *
 * @module
 */

/** As much of a terminal as it needs. */
interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface LiveView {
  /** Shows this text from now on; nothing where there is no terminal. */
  show(text: string): void;
  /** Prints a line, with its end, that stays, above what is shown. */
  print(line: string): void;
  /** Takes away what is shown. */
  end(): void;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export function createLiveView(out: Output): LiveView {
  let wanted: readonly string[] = [];
  let drawn: readonly string[] = [];
  const columns = (): number => out.columns || DEFAULT_COLUMNS;

  /** What takes the drawn lines away; a terminal that became narrower has wrapped them. */
  const erase = (): string => {
    if (drawn.length === 0) return "";
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns())), 0);
    drawn = [];
    return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ""}\x1b[J`;
  };
  const draw = (above = ""): void => {
    const fitting = fitted(wanted, columns() - 1, (out.rows || DEFAULT_ROWS) - 1);
    if (above === "" && fitting.join("\n") === drawn.join("\n")) return;
    out.write(`${erase()}${above}${fitting.join("\n")}`);
    drawn = fitting;
  };

  return {
    show(text) {
      if (out.isTTY !== true) return;
      wanted = text.trimEnd() === "" ? [] : text.trimEnd().split("\n");
      draw();
    },
    print(line) {
      if (out.isTTY === true) draw(line);
      else out.write(line);
    },
    end() {
      wanted = [];
      if (drawn.length > 0) out.write(erase());
    },
  };
}

function fitted(lines: readonly string[], columns: number, rows: number): readonly string[] {
  const kept =
    lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `  … and ${lines.length - rows + 1} lines more`];
  return kept.map((line) => cut(line, columns));
}

/** The beginning of a line that so many columns have room for. */
function cut(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let width = 0;
  let kept = "";
  for (const character of line) {
    width += widthOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Columns, at the most: what may be wide counts as two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) ?? 0) >= 0x1100 && !isNarrow(character) ? 2 : 1;
  return width;
}

/** General punctuation, arrows, box drawing and blocks. */
function isNarrow(character: string): boolean {
  return /[\u2000-\u2bff]/u.test(character);
}
