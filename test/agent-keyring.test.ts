import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberView } from '../apps/agent/contract.ts';
import type { Hands } from '../apps/agent/faults/action.ts';
import { KeyRing } from '../apps/agent/keyring.ts';

test('a rotation without an overlap leaves the new key alone, one with an overlap the old one until it is over', () => {
  const ring = new KeyRing('k1:first:with a colon');
  ring.rotate(0, 1000);
  assert.deepEqual(ring.kids, ['k2']);
  ring.rotate(500, 2000);
  assert.deepEqual(ring.kids, ['k3', 'k2']);
  ring.retire(2499);
  assert.deepEqual(ring.kids, ['k3', 'k2']);
  ring.retire(2500);
  assert.deepEqual(ring.kids, ['k3']);
  ring.restore(['k1']);
  assert.deepEqual(ring.kids, ['k1', 'k3']);
  assert.match(ring.text, /^k1:first:with a colon,k3:/);
  ring.retire(Number.MAX_SAFE_INTEGER);
  assert.deepEqual(ring.kids, ['k1', 'k3'], 'what was restored stays');
  ring.rotate(0, 3000);
  assert.deepEqual(ring.kids, ['k4'], 'a name is never given twice');
});

test('shops that have other keys get the present ones; before any rotation nobody is asked', async () => {
  const ring = new KeyRing('k1:secret');
  const shop = (id: string, state: string) => ({ id, role: 'shop', state }) as MemberView;
  const kids: Record<string, string[]> = { 'shop-1': ['k1'], 'shop-2': ['k2'] };
  const asked: string[] = [];
  const hands = {
    runtime: { members: () => [shop('shop-1', 'ready'), shop('shop-2', 'ready'), shop('shop-3', 'exited')] },
    replicas: {
      call: async (id: string, method: string) => {
        asked.push(`${method} ${id}`);
        return { cookieKids: kids[id] };
      },
    },
  } as unknown as Hands;
  await ring.giveAll(hands);
  assert.deepEqual(asked, []);
  ring.rotate(0, 0);
  await ring.giveAll(hands);
  assert.deepEqual(asked, ['GET shop-1', 'GET shop-2', 'PUT shop-1']);
});
