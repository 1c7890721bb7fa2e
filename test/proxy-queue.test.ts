import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from './support/client.ts';
import { releaseAll, startHeldUpstream, startHeldUpstreams } from './support/held.ts';
import { waitFor } from './support/wait.ts';

const LIMITED = { queue: 'on', affinity: 'cookie', 'upstream-limit': 1 } as const;
const pinnedTo = (id: string) => ({ cookie: `cw_pin=${id}` });

test('a pinned request waits for its own replica while the others idle, and its tie is kept', async (t) => {
  const { proxy, first, queued } = await startHeldUpstreams(t, LIMITED);
  const served = send(proxy.port, { headers: pinnedTo('shop-1') });
  await first.holds(1);
  const waiting = send(proxy.port, { headers: pinnedTo('shop-1') });
  await queued({ 'shop-1': 1 });
  assert.deepEqual(
    (await proxy.upstreams()).map(({ inFlight }) => inFlight),
    [1, 0, 0],
  );
  first.release();
  assert.equal((await served).headers['x-queued-ms'], undefined, 'it did not wait');
  await first.holds(1);
  first.release();
  const answer = await waiting;
  assert.deepEqual([answer.body.toString(), answer.headers['x-affinity']], ['shop-1', 'VN']);
  assert.equal(answer.headers['x-attempts'], 'shop-1:ok');
  assert.ok(Number(answer.headers['x-queued-ms']) > 0);
});

test('a hashed request waits for its replica as well', async (t) => {
  const { proxy, shops, queued } = await startHeldUpstreams(t, { ...LIMITED, affinity: 'ip-hash' });
  const answers = [send(proxy.port), send(proxy.port)];
  const home = await waitFor('a replica to hold one', () => shops.find((shop) => shop.held().length === 1));
  await queued({ [home.address.id]: 1 });
  home.release();
  await home.holds(1);
  home.release();
  const ids = (await Promise.all(answers)).map(({ body }) => body.toString());
  assert.deepEqual(ids, [home.address.id, home.address.id]);
});

test('a request tied to nobody never waits while any replica has a place', async (t) => {
  const { proxy, shops, first, queued } = await startHeldUpstreams(t, { ...LIMITED, 'upstream-limit': 2 });
  const answers = Array.from({ length: 4 }, () => send(proxy.port, { headers: pinnedTo('shop-1') }));
  await queued({ 'shop-1': 2 });
  answers.push(...Array.from({ length: 4 }, () => send(proxy.port)));
  await Promise.all(shops.map((shop) => shop.holds(2)));
  await queued({ 'shop-1': 2 });
  await releaseAll(shops, answers);
  const waited = (await Promise.all(answers)).map(({ headers }) => headers['x-queued-ms'] !== undefined);
  assert.deepEqual(waited, [false, false, true, true, false, false, false, false]);
  assert.equal(first.requests.length, 4, 'nobody left the replica with the session');
});

test('when all are full, a request tied to nobody takes the first place that becomes free anywhere', async (t) => {
  const { proxy, shops, third, anywhere } = await startHeldUpstreams(t, LIMITED);
  const answers = [1, 2, 3].map(() => send(proxy.port));
  await Promise.all(shops.map((shop) => shop.holds(1)));
  const late = send(proxy.port, { path: '/late' });
  await anywhere(1);
  third.release();
  assert.deepEqual(await third.holds(1), ['/late']);
  await releaseAll(shops, [...answers, late]);
  assert.equal((await late).headers['x-attempts'], 'shop-3:ok');
});

test('a freed place goes to whoever has waited longest, for this replica or for any', async (t) => {
  const { proxy, shops, first, queued, anywhere } = await startHeldUpstreams(t, LIMITED);
  const answers = ['shop-1', 'shop-2', 'shop-3'].map((id) => send(proxy.port, { headers: pinnedTo(id) }));
  await Promise.all(shops.map((shop) => shop.holds(1)));
  const come = (path: string, headers = {}) => answers.push(send(proxy.port, { path, headers }));
  come('/pinned', pinnedTo('shop-1'));
  await queued({ 'shop-1': 1 });
  come('/anybody');
  await anywhere(1);
  come('/pinned-later', pinnedTo('shop-1'));
  await queued({ 'shop-1': 2 });
  for (const path of ['/pinned', '/anybody', '/pinned-later']) {
    first.release();
    await waitFor(`${path} at shop-1`, () => first.requests.at(-1)?.url === path);
  }
  await releaseAll(shops, answers);
});

test('a replica that comes up takes those who wait for any', async (t) => {
  const { proxy, shops, anywhere } = await startHeldUpstreams(t, LIMITED);
  const answers = [1, 2, 3, 4].map(() => send(proxy.port));
  await anywhere(1);
  const fourth = await startHeldUpstream(t, 'shop-4');
  await proxy.place([...shops, fourth]);
  await fourth.holds(1);
  await releaseAll([...shops, fourth], answers);
});

test('a request that failed elsewhere waits for its place like any other', async (t) => {
  const flags = { ...LIMITED, 'check-interval': 60_000, fall: 100 };
  const { proxy, shops, second, anywhere } = await startHeldUpstreams(t, flags);
  const answers = ['shop-1', 'shop-3'].map((id) => send(proxy.port, { headers: pinnedTo(id) }));
  await Promise.all([shops[0], shops[2]].map((shop) => shop?.holds(1)));
  second.kill();
  const moved = send(proxy.port, { headers: pinnedTo('shop-2') });
  await anywhere(1);
  assert.equal((await proxy.upstreams())[1]?.inFlight, 0, 'the place at the dead replica is free again');
  await releaseAll(shops, [...answers, moved]);
  const { headers } = await moved;
  assert.match(String(headers['x-attempts']), /^shop-2:refused,shop-[13]:ok$/);
  assert.ok(Number(headers['x-queued-ms']) > 0);
});
