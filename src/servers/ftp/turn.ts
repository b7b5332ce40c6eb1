/**
 * Turns of the event loop.
 *
 * @module
 */

/** Lets everybody else's input be looked at: no transfer may starve the others. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const pieces: (() => void)[] = [];

/** As {@link nextTurn}, one caller a turn: so that who has several to serve sees between them what has come. */
export function nextPiece(): Promise<void> {
  return new Promise((resolve) => {
    if (pieces.push(resolve) === 1) setImmediate(servePiece);
  });
}

/** Whether somebody waits for {@link nextPiece}. */
export function othersWait(): boolean {
  return pieces.length > 0;
}

function servePiece(): void {
  const [serve] = pieces;
  pieces.shift();
  if (pieces.length > 0) setImmediate(servePiece);
  serve?.();
}
