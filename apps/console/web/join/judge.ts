import type { Outcome } from '../../../../scripts/load/outcome.ts';
import type { Cart, HistoryEvent, Line, Op } from '../../../../scripts/oracle/history.ts';
import { createOracle, type Violation } from '../../../../scripts/oracle/oracle.ts';
import type { Ledger } from './ledger.ts';

/** The project's own oracle, with the file of one shopper: this phone. */
export interface Judge {
  /** A request is about to leave; returns the number of the call. */
  sent(op: Op, t: number): number;
  ended(call: number, outcome: Outcome, t: number): Violation | null;
}

/** As the replicas keep an idle session. */
const SESSION_TTL_MS = 24 * 3_600_000;
const ME = 'me';

/** Begins with what the ledger knows, told as a history: the oracle itself is not kept over a reload. */
export function createJudge(ledger: Ledger): Judge {
  const file = createOracle({ sessionTtlMs: SESSION_TTL_MS }).follow(ME);
  let calls = 0;
  const judge: Judge = {
    sent(op, t) {
      calls += 1;
      file.observe({ type: 'invoke', t, shopper: ME, call: calls, op });
      return calls;
    },
    ended: (call, outcome, t) => file.observe({ ...outcome, t, shopper: ME, call } as HistoryEvent),
  };
  retell(ledger, judge);
  return judge;
}

/** Every line the shop showed last becomes an add that it acknowledged; what is open is sent and never answered. */
function retell({ seen, open, run, student }: Ledger, judge: Judge): void {
  const t = seen?.at ?? 0;
  if (seen !== null) {
    const { boot, replica: servedBy, cartId: id, born } = seen;
    const shows = (lines: Line[]): Outcome => {
      const cart: Cart = { id, born, lines };
      return { type: 'ok', obs: { user: null, cart, servedBy, boot } };
    };
    const told: Line[] = [];
    for (const line of seen.lines) {
      if (told.some((other) => other.id === line.id)) continue;
      told.push({ ...line, w: line.id });
      const call = judge.sent({ key: line.id, kind: 'add', sku: line.sku, qty: line.qty }, t);
      judge.ended(call, shows([...told]), t);
    }
    if (told.length === 0)
      judge.ended(judge.sent({ key: `${run}.${student}.0`, kind: 'read' }, t), shows([]), t);
  }
  for (const op of open) judge.ended(judge.sent(op, t), { type: 'unknown', reason: 'reload' }, t);
}
