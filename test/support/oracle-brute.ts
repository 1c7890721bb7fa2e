/**
 * A second judge for `oracle-fuzz.test.ts`: slow, whole-history, and written apart from scripts/oracle on
 * purpose. It shares nothing with it but the history types, not even the specification of the cart.
 */
import type { HistoryEvent, Observation, Op } from '../../scripts/oracle/history.ts';

interface Call {
  op: Op;
  start: number;
  /** Index of the event that ended it; Infinity if nothing did, or nobody knows how. */
  end: number;
  obs: Observation | null;
  failed: boolean;
}

interface Shop {
  user: string;
  /** id → what a shopper sees of the line */
  lines: Record<string, string>;
  applied: readonly string[];
}

/** Index of the first event that no legal order of the calls so far explains; -1 if there is none. */
export function firstIllegal(events: readonly HistoryEvent[]): number {
  if (isLegal(events)) return -1;
  return events.findIndex((_, index) => !isLegal(events.slice(0, index + 1)));
}

function isLegal(events: readonly HistoryEvent[]): boolean {
  const calls = callsOf(events).filter(
    (call) => !call.failed && (call.obs !== null || call.op.kind !== 'read'),
  );
  return canFinish({ user: '', lines: {}, applied: [] }, calls);
}

function callsOf(events: readonly HistoryEvent[]): Call[] {
  const calls = new Map<number, Call>();
  events.forEach((event, index) => {
    if (event.type === 'invoke') {
      calls.set(event.call, {
        op: event.op,
        start: index,
        end: Number.POSITIVE_INFINITY,
        obs: null,
        failed: false,
      });
      return;
    }
    const call = calls.get(event.call);
    if (call === undefined) throw new Error(`expected an invoke before event ${index}`);
    if (event.type === 'ok') Object.assign(call, { end: index, obs: event.obs });
    if (event.type === 'fail') call.failed = true;
  });
  return [...calls.values()];
}

/** Tries every order: any call may be next that did not begin after another, still to come, had ended. */
function canFinish(shop: Shop, left: readonly Call[]): boolean {
  if (left.every(({ obs }) => obs === null)) return true;
  const firstEnd = Math.min(...left.map(({ end }) => end));
  return left.some((call) => {
    if (call.start > firstEnd) return false;
    const next = after(shop, call.op);
    if (call.obs !== null && sightOf(next) !== answerOf(call.obs)) return false;
    return canFinish(
      next,
      left.filter((other) => other !== call),
    );
  });
}

function after(shop: Shop, op: Op): Shop {
  if (op.kind === 'read' || shop.applied.includes(op.key)) return shop;
  const next: Shop = { user: shop.user, lines: { ...shop.lines }, applied: [...shop.applied, op.key] };
  if (op.kind === 'add') next.lines[op.key] = `${op.sku} x${op.qty} by ${op.key}`;
  if (op.kind === 'set' && op.line in next.lines) {
    next.lines[op.line] = `${next.lines[op.line]?.split(' x')[0]} x${op.qty} by ${op.key}`;
  }
  if (op.kind === 'remove') delete next.lines[op.line];
  if (op.kind === 'checkout' || op.kind === 'logout') next.lines = {};
  if (op.kind === 'login') next.user = op.user;
  if (op.kind === 'logout') next.user = '';
  return next;
}

function sightOf({ user, lines }: Shop): string {
  return [user, ...Object.entries(lines).map(([id, value]) => `${id}: ${value}`)].sort().join('\n');
}

function answerOf({ user, cart }: Observation): string {
  return [user ?? '', ...cart.lines.map(({ id, sku, qty, w }) => `${id}: ${sku} x${qty} by ${w}`)]
    .sort()
    .join('\n');
}
