/**
 * NAWS, RFC 1073: the size of the peer's window.
 *
 * @module
 */

/** What is taken for a size that the peer leaves open: RFC 1073 has 0 for "you choose". */
export const DEFAULT_WINDOW = { columns: 80, rows: 24 } as const;

/**
 * Reads `width[2] height[2]`, both big-endian.
 *
 * @returns undefined when it isn't four bytes; a dimension of 0 becomes that of {@link DEFAULT_WINDOW}.
 */
export function parseWindow(payload: Uint8Array): { columns: number; rows: number } | undefined {
  if (payload.length !== 4) return undefined;
  const [widthHigh, widthLow, heightHigh, heightLow] = payload as unknown as [number, number, number, number];
  return {
    columns: widthHigh * 256 + widthLow || DEFAULT_WINDOW.columns,
    rows: heightHigh * 256 + heightLow || DEFAULT_WINDOW.rows,
  };
}

/** The payload for a window of our own; each dimension 0 to 65,535. */
export function formatWindow(columns: number, rows: number): Uint8Array {
  return Uint8Array.of(columns >> 8, columns & 255, rows >> 8, rows & 255);
}
