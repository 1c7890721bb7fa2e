/**
 * What the answers so far leave certain, for those who must choose the next operation or count the open ones.
 */
import type { Calls } from './calls.ts';
import type { Op } from './history.ts';
import type { UnknownCounts } from './verdict.ts';
import type { Worlds } from './worlds.ts';

export interface Knowledge {
  /** Ids of lines that are in the cart whatever the open calls did. */
  knownLines: string[];
  /** Mutations in flight or of unknown outcome, attempts of one op counted once. */
  openMutations: number;
  /** The user, if it is the same in every world. */
  user: string | null;
}

export function knowledge({ all, calls }: Worlds): Knowledge {
  const [only] = all;
  if (only !== undefined && all.length === 1 && calls.inFlight.length === 0 && calls.unknown.size === 0) {
    const { user, lines } = only.state;
    return { knownLines: [...lines.keys()], openMutations: 0, user };
  }
  const open = openOps(calls);
  const [first, ...rest] = all.map(({ state }) => state);
  if (first === undefined) return { knownLines: [], openMutations: open.size, user: null };
  const ops = [...open.values()];
  const knownLines = [...first.lines.keys()].filter(
    (id) => rest.every(({ lines }) => lines.has(id)) && !ops.some((op) => mayTakeAway(op, id)),
  );
  const user = rest.every((state) => state.user === first.user) ? first.user : null;
  return { knownLines, openMutations: open.size, user };
}

export function unknownCounts({ unknown, answered, landed, lost }: Calls): UnknownCounts {
  const pending = [...unknown.values()];
  const neverSeen = pending.filter(({ order }) => order < answered).length;
  return { landed, neverSeen, open: pending.length - neverSeen + lost };
}

function openOps({ inFlight, unknown }: Calls): Map<string, Op> {
  const open = new Map([...unknown].map(([key, { op }]) => [key, op]));
  for (const { op } of inFlight) if (op.kind !== 'read') open.set(op.key, op);
  return open;
}

function mayTakeAway(op: Op, id: string): boolean {
  return op.kind === 'checkout' || op.kind === 'logout' || (op.kind === 'remove' && op.line === id);
}
