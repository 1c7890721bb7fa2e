/** How an answer differs from what it should have shown. */
import { userId } from './registry.ts';
import { type CartState, type Held, sameLine } from './state.ts';

export interface Difference {
  missing: string[];
  extra: string[];
  /** Lines that are there with another value. */
  changed: { id: string; expected: Held; shown: Held }[];
  /** Set if the user is another one, or gone, or there unasked. */
  user: { expected: string | null; shown: string | null } | null;
}

/**
 * The difference to the reachable state that comes nearest: the most charitable account of what went wrong.
 */
export function nearest(shown: CartState, reachable: readonly CartState[]): Difference {
  let best: Difference | null = null;
  for (const expected of reachable) {
    const found = difference(expected, shown);
    if (best === null || size(found) < size(best)) best = found;
  }
  return best ?? { missing: [], extra: [], changed: [], user: null };
}

/**
 * The single things that are wrong, as names that stay the same when the thing is seen again, or seen to be
 * undone: so the same loss is never counted twice.
 */
export function items({ missing, extra, changed, user }: Difference): string[] {
  return [
    ...missing,
    ...extra,
    ...changed.flatMap(({ id, expected, shown }) => [valueItem(id, expected), valueItem(id, shown)]),
    ...[user?.expected, user?.shown].flatMap((name) => (typeof name === 'string' ? [userId(name)] : [])),
  ];
}

function difference(expected: CartState, shown: CartState): Difference {
  const missing: string[] = [];
  const changed: Difference['changed'] = [];
  for (const [id, held] of expected.lines) {
    const other = shown.lines.get(id);
    if (other === undefined) missing.push(id);
    else if (!sameLine(held, other)) changed.push({ id, expected: held, shown: other });
  }
  const extra = [...shown.lines.keys()].filter((id) => !expected.lines.has(id));
  const user = expected.user === shown.user ? null : { expected: expected.user, shown: shown.user };
  return { missing, extra, changed, user };
}

function size({ missing, extra, changed, user }: Difference): number {
  return missing.length + extra.length + changed.length + (user === null ? 0 : 1);
}

function valueItem(id: string, { sku, qty, w }: Held): string {
  return `${id}=${sku}*${qty}@${w}`;
}
