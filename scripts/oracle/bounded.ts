/** Collections that forget the oldest entry: a run may last for hours without its memory growing. */

/** Adds `value`; beyond `limit` entries the oldest is dropped and returned. */
export function addBounded<T>(set: Set<T>, value: T, limit: number): T | undefined {
  set.add(value);
  if (set.size <= limit) return undefined;
  const [oldest] = set;
  if (oldest !== undefined) set.delete(oldest);
  return oldest;
}

/** Sets `key`; beyond `limit` entries the oldest is dropped. */
export function setBounded<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.set(key, value);
  if (map.size <= limit) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
