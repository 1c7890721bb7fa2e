import { outcomeOf } from '../../../../scripts/load/outcome.ts';
import type { Observation, Op } from '../../../../scripts/oracle/history.ts';
import { type Asked, ask } from './ask.ts';
import { createJudge } from './judge.ts';
import { answered, failed, type Ledger, type Seen, sent } from './ledger.ts';
import { rowsOf } from './rows.ts';
import type { Trouble } from './words.ts';

/** What a student wants; which request that is, is decided when its turn comes. */
export type Wish = { kind: 'add' | 'remove'; sku: string } | { kind: 'checkout' | 'begin' | 'look' };

export interface Visit {
  ledger: Ledger;
  /** what is under way, and since when (wall clock ms) */
  waiting: { op: Op; since: number } | null;
  trouble: Trouble | null;
  /** False: too much is waiting already, the wish is not taken. */
  wish(wish: Wish): boolean;
}

/** Four clicks a second are enough for anybody, and two hundred phones share one shop. */
const GAP_MS = 250;
const QUEUE_MAX = 4;

/**
 * Shops for the student: one request at a time, because two at once on one session overwrite each other in any store,
 * and none is ever sent again. `shop` gives the address of the shop, or null while nobody knows it.
 */
export function createVisit(
  start: Ledger,
  { shop, changed }: { shop: () => string | null; changed: (visit: Visit) => void },
): Visit {
  const judge = createJudge(start);
  let queue = 0;
  let last: Promise<unknown> = Promise.resolve();

  const visit: Visit = {
    ledger: start,
    waiting: null,
    trouble: null,
    wish(wish) {
      if (wish.kind === 'look' && queue > 0) return true; // what is under way will tell
      if (queue >= QUEUE_MAX) return false;
      queue += 1;
      last = last
        .then(() => fulfil(wish))
        .finally(() => {
          queue -= 1;
        });
      return true;
    },
  };

  async function fulfil(wish: Wish): Promise<void> {
    // A cart from before would look like things nobody put in: every visit begins with a new session.
    if (visit.ledger.seen === null && wish.kind !== 'begin') {
      const begun = await send({ kind: 'begin' });
      if (!begun || wish.kind === 'look') return;
    }
    const done = await send(wish);
    // A line we just saw is not in the cart that this replica has: look at that cart.
    if (!done && visit.trouble?.status === 404) await send({ kind: 'look' });
  }

  /** True if a complete answer came. */
  async function send(wish: Wish): Promise<boolean> {
    const address = shop();
    const op = opOf(wish, visit.ledger);
    if (address === null || op === null) return false;
    const call = judge.sent(op, Date.now());
    visit.ledger = sent(visit.ledger, op);
    visit.waiting = { op, since: Date.now() };
    changed(visit);
    const [asked] = await Promise.all([ask(address, op), pause(GAP_MS)]);
    conclude(call, op, asked);
    visit.waiting = null;
    changed(visit);
    return visit.trouble === null;
  }

  function conclude(call: number, op: Op, asked: Asked): void {
    const { exchange } = asked;
    const outcome = outcomeOf(exchange);
    const at = Date.now();
    const violation = judge.ended(call, outcome, at);
    const body = exchange.type === 'answer' ? parsed(exchange.body) : null;
    if (outcome.type === 'ok') {
      visit.trouble = null;
      visit.ledger = answered(
        visit.ledger,
        op,
        seenIn(outcome.obs, { ...asked, sessions: modeIn(body), at }),
        violation !== null,
      );
      return;
    }
    if (outcome.type === 'fail') visit.ledger = failed(visit.ledger, op);
    const status = exchange.type === 'answer' ? exchange.status : null;
    const message = (body as { error?: { message?: string } } | null)?.error?.message ?? null;
    visit.trouble = { op, outcome: outcome.type, status, servedBy: asked.servedBy, message };
  }

  return visit;
}

function opOf(wish: Wish, ledger: Ledger): Op | null {
  const key = `${ledger.run}.${ledger.student}.${ledger.seq + 1}`;
  switch (wish.kind) {
    case 'add':
      return { key, kind: 'add', sku: wish.sku, qty: 1 };
    case 'remove': {
      const line = rowsOf(ledger).find(({ sku }) => sku === wish.sku)?.newest ?? null;
      return line === null ? null : { key, kind: 'remove', line };
    }
    case 'checkout':
      return { key, kind: 'checkout' };
    case 'begin':
      return { key, kind: 'logout' };
    case 'look':
      return { key, kind: 'read' };
  }
}

function seenIn(
  { cart, servedBy, boot }: Observation,
  { letters, cookieBytes, sessions, at }: Asked & Pick<Seen, 'sessions' | 'at'>,
): Seen {
  const { id: cartId = null, born, lines } = cart;
  const replica = servedBy ?? 'the shop';
  return { at, replica, boot: boot ?? replica, sessions, cartId, born, lines, cookieBytes, letters };
}

const modeIn = (body: unknown): Seen['sessions'] => (body as Pick<Seen, 'sessions'>).sessions;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
