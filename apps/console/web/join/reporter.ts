import type { PhoneCart } from '../../contract.ts';
import { tellCart } from './console-line.ts';
import { lookOf } from './ledger.ts';
import type { Phone } from './phone.ts';
import { piecesOf } from './rows.ts';

/** Twice a second is as often as anybody can look. */
const GAP_MS = 500;

/** Tells the console how the cart stands: on change, at most twice a second, and again when it was not heard. */
export function createReporter(phone: () => Phone): { tell(): void; forget(): void } {
  let told = '';
  let timer: number | null = null;

  async function report(): Promise<void> {
    timer = null;
    const { memory } = phone();
    const cart = cartOf(phone());
    const text = JSON.stringify(cart);
    if (memory.me === null || cart === null || text === told) return;
    told = text;
    const answer = await tellCart(memory.me.key, cart);
    // The next word of the console brings the next try.
    if (!answer.ok) told = '';
  }

  return {
    tell() {
      if (timer === null) timer = setTimeout(report, GAP_MS);
    },
    forget() {
      told = '';
    },
  };
}

function cartOf({ visit }: Phone): PhoneCart | null {
  if (visit === null) return null;
  const { mine, loss, seen } = visit.ledger;
  return {
    on: seen?.replica ?? null,
    cart: lookOf(visit.ledger),
    items: piecesOf(mine),
    silent: loss?.status === 200,
  };
}
