/** Waits until `condition` gives something other than false, undefined or null, and gives that. */
export async function until<T>(
  condition: () => T | false | undefined | null | Promise<T | false | undefined | null>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined && value !== null) return value;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
