/**
 * Who makes room.
 *
 * @module
 */

/** The oldest of those whose address occurs most often; `sessions` has the oldest first. */
export function crowded<Session extends { readonly address: string }>(
  sessions: readonly Session[],
): Session | undefined {
  const counts = new Map<string, number>();
  for (const { address } of sessions) counts.set(address, (counts.get(address) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return sessions.find(({ address }) => counts.get(address) === most);
}
