/** What a script is started with. */
export interface BoardScript {
  /** As tracebacks name it. */
  readonly name: string;
  /** Python source text. */
  readonly source: string;
  /** `sys.argv`, the name included. */
  readonly argv: readonly string[];
}
