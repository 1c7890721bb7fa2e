/** Starting anew after an answer that was not, or could not be, explained. */
import { answered, doubt, doubtInferred, flightOf, MAX_OVERTAKEN, openBeside, settle } from './calls.ts';
import { worldOf, worldsBeside } from './search.ts';
import type { CartState } from './state.ts';
import { MAX_OTHERS, MAX_WORLDS, type Worlds } from './worlds.ts';

/**
 * Starts anew from what `call` showed, without judging it. What is open stays open, and may or may not be in
 * `shown` already.
 *
 * SUBTLE: an answer that others overlapped may be older than the fault it revealed. So after an accusation
 * only an answer to a call sent later shows how things stand; till then nobody is accused.
 */
export function restart(worlds: Worlds, call: number, shown: CartState): void {
  const { calls, uncertainSince } = worlds;
  const { op, order, alone, overtaken } = flightOf(calls, call);
  answered(calls, call);
  if (uncertainSince === null) doubtInferred(calls);
  settle(calls, op);
  for (const { op: open } of [...calls.unknown.values()]) {
    if (isVisible(shown, open.key)) settle(calls, open);
    else doubt(calls, open.key);
  }
  if (uncertainSince === null) worlds.all = [worldOf(shown)];
  worlds.uncertainSince = uncertainSince ?? calls.clock;
  if (!alone && (uncertainSince === null || order <= uncertainSince)) return;
  const inFlight = openBeside(calls, call).filter((open) => open.call !== null);
  if (overtaken.length > MAX_OVERTAKEN || inFlight.length > MAX_OTHERS) return;
  const newer = overtaken.filter(({ key }) => !isVisible(shown, key));
  const possible = worldsBeside(shown, { overtaken: newer, inFlight });
  if (possible.length > MAX_WORLDS) return;
  worlds.all = possible;
  worlds.uncertainSince = null;
}

function isVisible(state: CartState, key: string): boolean {
  if (state.lines.has(key)) return true;
  for (const { w } of state.lines.values()) if (w === key) return true;
  return false;
}
