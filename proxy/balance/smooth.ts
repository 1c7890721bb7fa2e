import type { Upstream } from '../pool.ts';

/**
 * Smooth weighted round robin (nginx's rule, since 1.3.1): at each choice everybody earns its weight, and the richest is
 * chosen and pays what all have earned. Weights 5, 1, 1 give a a b a c a a, where bursts would give a a a a a b c.
 *
 * It remembers a number for each upstream, and forgets them all when somebody comes, goes or gets another weight: debts
 * of another sum would be worked off for long.
 */
export class SmoothTurns {
  readonly #credits = new Map<string, number>();
  #members: readonly Upstream[] = [];

  /** The next of `upstreams`, which are some of all the `members`; null where there is none. `weight`: more than 0. */
  next(
    upstreams: readonly Upstream[],
    members: readonly Upstream[],
    weight: (upstream: Upstream) => number,
  ): Upstream | null {
    this.#follow(members);
    let richest: Upstream | null = null;
    let [most, earned] = [-Infinity, 0];
    for (const upstream of upstreams) {
      const wage = weight(upstream);
      const credit = (this.#credits.get(upstream.id) ?? 0) + wage;
      this.#credits.set(upstream.id, credit);
      earned += wage;
      if (credit > most) [richest, most] = [upstream, credit];
    }
    if (richest) this.#credits.set(richest.id, most - earned);
    return richest;
  }

  /** Health checks make new lists all the time, mostly of the same upstreams. */
  #follow(members: readonly Upstream[]): void {
    if (members === this.#members) return;
    const before = this.#members;
    this.#members = members;
    const areSame =
      members.length === before.length &&
      members.every(({ id, weight }, index) => id === before[index]?.id && weight === before[index]?.weight);
    if (!areSame) this.#credits.clear();
  }
}
