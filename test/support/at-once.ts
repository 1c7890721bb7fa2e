const AT_ONCE = 20;

/** Does all of it, twenty at a time: hundreds at once take a busy machine longer than one answer may take. */
export async function someAtOnce<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  for (let first = 0; first < tasks.length; first += AT_ONCE) {
    results.push(...(await Promise.all(tasks.slice(first, first + AT_ONCE).map((task) => task()))));
  }
  return results;
}
