import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { createShopper, createShoppers, startSessionShop } from './support/session-shop.ts';

test('the first request makes a session where the balance rule leads, and the hash of its id leads most clients away', async (t) => {
  const { port } = await cluster(t, 3);
  const shoppers = createShoppers(t, port, 120);
  let lost = 0;
  for (const shopper of shoppers) {
    const first = await shopper.write();
    const second = await shopper.read();
    assert.equal(second.known, second.by === first.by);
    if (!second.known) lost++;
  }
  const percent = (100 * lost) / shoppers.length;
  assert.ok(Math.abs(percent - 66.7) <= 10, `${percent} % lost their session at once, expected (N-1)/N`);
});

test('a write at the wrong replica makes another session with another hash, until one fits by luck', async (t) => {
  const { port } = await cluster(t, 3);
  const shopper = createShopper(t, port);
  await shopper.write();
  let visit = await shopper.write();
  for (let turn = 0; turn < 50 && !visit.known; turn++) visit = await shopper.write();
  assert.ok(visit.known);
  const home = visit.by;
  for (let turn = 0; turn < 5; turn++) {
    const { by, known } = await shopper.write();
    assert.deepEqual([by, known], [home, true]);
  }
});

test('with one replica there is no trap', async (t) => {
  const { port } = await cluster(t, 1);
  const shopper = createShopper(t, port);
  await shopper.write();
  assert.equal((await shopper.read()).known, true);
});

test('requests without a session go round by the balance rule', async (t) => {
  const { port } = await cluster(t, 3);
  const shopper = createShopper(t, port);
  const seen = [await shopper.read(), await shopper.read(), await shopper.read()];
  assert.equal(new Set(seen.map(({ by }) => by)).size, 3);
});

async function cluster(t: TestContext, count: number) {
  const ids = Array.from({ length: count }, (_, index) => `shop-${index + 1}`);
  const shops = await Promise.all(ids.map((id) => startSessionShop(t, id)));
  return startTestProxy(t, { ...PATIENT, affinity: 'session-hash', upstreams: shops });
}
