import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from './support/client.ts';
import { EJECTING, failingCluster, startFailing } from './support/failing.ts';
import { readSamples } from './support/samples.ts';
import { storyOf } from './support/story.ts';
import { waitFor } from './support/wait.ts';

const PINNED = { cookie: 'cw_pin=shop-1' };

test('switched off, ejection readmits all at once, and nothing is held against them when it is switched on', async (t) => {
  const { port, settings, upstreams, state, failing } = await failingCluster(t, {
    ...EJECTING,
    'eject-after': 2,
    'eject-ceiling': 100,
  });
  for (const id of ['shop-1', 'shop-2']) {
    failing.add(id);
    for (let turn = 0; turn < 2; turn++) await send(port, { headers: { cookie: `cw_pin=${id}` } });
  }
  failing.add('shop-3');
  await send(port, { headers: { cookie: 'cw_pin=shop-3' } });
  assert.deepEqual(await states(), ['ejected', 'ejected', 'up']);
  await settings({ ejection: 'off' });
  assert.deepEqual(await states(), ['up', 'up', 'up']);
  assert.equal(storyOf(state, 'shop-1').at(-1), 'ejected > up: ejection was switched off');
  await settings({ ejection: 'on' });
  await send(port, { headers: { cookie: 'cw_pin=shop-3' } });
  assert.deepEqual(await states(), ['up', 'up', 'up'], 'one failure of two');

  async function states() {
    return (await upstreams()).map(({ state }) => state);
  }
});

test('a new life starts unejected, and the failures of the old one are not its own', async (t) => {
  const { port, becomes, place, failing, shops } = await failingCluster(t, { ...EJECTING, 'eject-after': 2 });
  failing.add('shop-1');
  for (let turn = 0; turn < 2; turn++) await send(port, { headers: PINNED });
  await becomes('shop-1', 'ejected');
  const next = await startFailing(t, 'shop-1', failing, 'shop-1#2');
  await place([next, ...shops.slice(1)]);
  await becomes('shop-1', 'up');
  await send(port, { headers: PINNED });
  assert.equal((await becomes('shop-1', 'up')).life, 'shop-1#2', 'one failure of two');
});

test('a request that a life leaves unanswered when it goes is no failure of the next', async (t) => {
  const { port, becomes, place, idle, failing, shops } = await failingCluster(t, {
    ...EJECTING,
    'eject-after': 1,
  });
  const late = send(port, { path: '/silent', headers: PINNED });
  await waitFor('the request at the replica', () => shops[0]?.requests[0]);
  await place([await startFailing(t, 'shop-1', failing, 'shop-1#2'), ...shops.slice(1)]);
  await becomes('shop-1', 'up');
  shops[0]?.kill();
  assert.equal((await late).status, 502);
  await idle();
  assert.equal((await becomes('shop-1', 'up')).life, 'shop-1#2');
});

test('a new life that is ejected is out for its whole time, whatever is left of that of the life before', async (t) => {
  const { port, becomes, place, state, failing, shops } = await failingCluster(t, {
    ...EJECTING,
    'eject-after': 1,
    'eject-time': 400,
  });
  failing.add('shop-1');
  await send(port, { headers: PINNED });
  await place([await startFailing(t, 'shop-1', failing, 'shop-1#2'), ...shops.slice(1)]);
  await becomes('shop-1', 'up');
  await send(port, { headers: PINNED });
  await becomes('shop-1', 'up');
  const [out, back] = state.events
    .since(0)
    .filter((event) => 'life' in event && event.life === 'shop-1#2')
    .slice(-2);
  // The clock of the events is another than that of the timer.
  assert.ok(Number(back?.t) - Number(out?.t) > 390, `${out?.t} to ${back?.t}`);
});

test('an ejection moves hashed clients twice, there and back, though nothing has died', async (t) => {
  const { port, becomes, failing } = await failingCluster(t, {
    ...EJECTING,
    'eject-after': 1,
    'eject-time': 200,
    affinity: 'ip-hash',
  });
  const home = (await send(port)).body.toString();
  failing.add(home);
  await send(port);
  failing.clear();
  await becomes(home, 'ejected');
  assert.notEqual((await send(port)).body.toString(), home);
  await becomes(home, 'up');
  assert.equal((await send(port)).body.toString(), home);
});

test('who is down is not ejected as well: when it comes up it is up', async (t) => {
  const flags = { ...EJECTING, 'eject-after': 1, panic: 'all-down' } as const;
  const { port, becomes, failing, shops } = await failingCluster(t, flags);
  for (const shop of shops) shop.health = 503;
  for (const { address } of shops) await becomes(address.id, 'down');
  failing.add('shop-1').add('shop-2').add('shop-3');
  assert.equal((await send(port)).status, 502, 'in a panic it gets requests');
  for (const shop of shops) shop.health = 200;
  for (const { address } of shops) await becomes(address.id, 'up');
});

test('who is out is not taken out again, although a panic goes on sending to it', async (t) => {
  const flags = { ...EJECTING, 'eject-after': 1, 'eject-ceiling': 100, panic: 'half-down' } as const;
  const { port, controlPort, shops, becomes, failing } = await failingCluster(t, flags);
  for (const id of ['shop-1', 'shop-2']) {
    failing.add(id);
    await send(port, { headers: { cookie: `cw_pin=${id}` } });
    await becomes(id, 'ejected');
  }
  for (let turn = 0; turn < 6; turn++) await send(port);
  assert.ok(Number(shops[0]?.requests.length) > 1, 'it gets requests');
  assert.equal((await readSamples(controlPort)).get('cartwreck_ejections_total{upstream="shop-1"}'), 1);
});
