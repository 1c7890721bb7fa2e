import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProgress } from '../apps/console/progress.ts';
import type { CartBroken } from '../scripts/load/contract.ts';
import { now } from './support/scene-events.ts';

const BROKEN: CartBroken = {
  type: 'cart.broken',
  run: 'k3f',
  shopper: 's1',
  class: 'lostSession',
  was: 'shop-1#1',
  now: null,
  status: 200,
  missing: ['mug'],
};

test('a report without what the pages count is refused in words, and never told to them', () => {
  const events = [now(30, 30), BROKEN];
  assert.deepEqual(readProgress({ events }), events);
  for (const event of events)
    for (const field of Object.keys(event).filter((key) => key !== 'type' && key !== 'nth')) {
      const { [field]: _, ...rest } = event as unknown as Record<string, unknown>;
      assert.throws(() => readProgress({ events: [rest] }), new RegExp(`events.0.${field}`), field);
    }
  assert.throws(() => readProgress({ events: [now(-1, 0)] }), /events.0.now.right/);
});
