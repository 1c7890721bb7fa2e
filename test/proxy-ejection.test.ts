import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWire, pinOf, send } from './support/client.ts';
import { EJECTING, failingCluster } from './support/failing.ts';
import { readSamples } from './support/samples.ts';
import { storyOf } from './support/story.ts';
import { waitFor } from './support/wait.ts';

const PINNED = { cookie: 'cw_pin=shop-1' };

test('after five failures in a row a replica is ejected, and readmitted when its time is over', async (t) => {
  const { port, state, becomes, failing } = await failingCluster(t, { ...EJECTING, 'eject-time': 300 });
  failing.add('shop-1');
  for (let turn = 1; turn <= 5; turn++) {
    assert.equal((await send(port, { headers: PINNED })).status, 502, `request ${turn}`);
  }
  await becomes('shop-1', 'ejected');
  for (let turn = 0; turn < 4; turn++) assert.notEqual((await send(port)).body.toString(), 'shop-1');
  failing.clear();
  await becomes('shop-1', 'up');
  assert.deepEqual(storyOf(state, 'shop-1').slice(1), [
    'up > ejected: 5 requests in a row failed: reset',
    'ejected > up: its 300 ms are over',
  ]);
});

test('one success in between, and the failures are counted anew', async (t) => {
  const { port, upstreams, failing } = await failingCluster(t, { ...EJECTING, 'eject-after': 3 });
  for (let turn = 0; turn < 3; turn++) {
    failing.add('shop-1');
    await send(port, { headers: PINNED });
    await send(port, { headers: PINNED });
    failing.clear();
    await send(port, { headers: PINNED });
  }
  assert.equal((await upstreams())[0]?.state, 'up');
});

test('a client tied to an ejected replica gets the letter D and a new pin: ejected is as good as down', async (t) => {
  const { port, becomes, failing } = await failingCluster(t, { ...EJECTING, 'eject-after': 1 });
  failing.add('shop-1');
  await send(port, { headers: PINNED });
  await becomes('shop-1', 'ejected');
  const moved = await send(port, { headers: PINNED });
  assert.equal(moved.headers['x-affinity'], 'DI');
  assert.notEqual(pinOf(moved), 'shop-1');
});

/** What a request came to, and whether its replica is to blame. */
const BLAMES: [what: string, path: string, status: number, blamed: boolean][] = [
  ['an error 500', '/500', 500, true],
  ['an error 503', '/503', 503, true],
  ['a 404', '/404', 404, false],
  ['a silence', '/silent', 504, true],
  ['a reset', '/reset', 502, true],
];

for (const [what, path, status, blamed] of BLAMES) {
  test(`${what} ${blamed ? 'counts' : 'does not count'} as a failure of the replica`, async (t) => {
    const { port, idle, upstreams } = await failingCluster(t, {
      ...EJECTING,
      'eject-after': 1,
      'first-byte-timeout': 300,
    });
    assert.equal((await send(port, { path, headers: PINNED })).status, status);
    await idle();
    assert.equal((await upstreams())[0]?.state, blamed ? 'ejected' : 'up');
  });
}

test('a client that leaves, and a body too large for the proxy, are no failures of the replica', async (t) => {
  const { port, idle, upstreams, shops } = await failingCluster(t, { ...EJECTING, 'eject-after': 1 });
  const wire = openWire(t, port, 'GET /silent HTTP/1.1\r\nHost: x\r\nCookie: cw_pin=shop-1\r\n\r\n');
  await waitFor('the request at the replica', () => shops[0]?.requests[0]);
  wire.socket.destroy();
  const large = Array.from({ length: 40 }, () => Buffer.alloc(100_000));
  const refused = await send(port, { method: 'POST', headers: PINNED, body: large });
  assert.equal(refused.headers['x-attempts'], 'shop-1:too-large');
  await idle();
  assert.equal((await upstreams())[0]?.state, 'up');
});

test('a WebSocket that is refused or answered with an error counts as well', async (t) => {
  const { port, becomes, shops } = await failingCluster(t, { ...EJECTING, 'eject-after': 1 });
  shops[0]?.onUpgrade((_req, socket) => void socket.end('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'));
  await send(port, { headers: { ...PINNED, connection: 'Upgrade', upgrade: 'websocket' } });
  await becomes('shop-1', 'ejected');
});

/** How many of three replicas that all fail are ejected, at which ceiling. Envoy has 10 %, nginx none: 100. */
const CEILINGS: [percent: number, ejected: number][] = [
  [0, 0],
  [10, 1],
  [50, 1],
  [67, 2],
  [100, 3],
];

for (const [percent, ejected] of CEILINGS) {
  test(`with a ceiling of ${percent} %, ${ejected} of three replicas that all fail are ejected`, async (t) => {
    const { port, upstreams, failing } = await failingCluster(t, {
      ...EJECTING,
      'eject-after': 1,
      'eject-ceiling': percent,
    });
    for (const id of ['shop-1', 'shop-2', 'shop-3']) {
      failing.add(id);
      await send(port, { headers: { cookie: `cw_pin=${id}` } });
    }
    assert.equal((await upstreams()).filter(({ state }) => state === 'ejected').length, ejected);
  });
}

test('who fails again is out for twice as long, and the metrics count how often', async (t) => {
  const { port, controlPort, state, becomes, failing } = await failingCluster(t, {
    ...EJECTING,
    'eject-after': 1,
    'eject-time': 60,
  });
  failing.add('shop-1');
  for (let time = 1; time <= 2; time++) {
    await becomes('shop-1', 'up');
    await send(port, { headers: PINNED });
  }
  assert.equal((await readSamples(controlPort)).get('cartwreck_upstream_ejected{upstream="shop-1"}'), 1);
  await becomes('shop-1', 'up');
  assert.deepEqual(storyOf(state, 'shop-1').slice(1), [
    'up > ejected: a request failed: reset',
    'ejected > up: its 60 ms are over',
    'up > ejected: a request failed: reset',
    'ejected > up: its 120 ms are over',
  ]);
  const samples = await readSamples(controlPort);
  assert.equal(samples.get('cartwreck_ejections_total{upstream="shop-1"}'), 2);
  assert.equal(samples.get('cartwreck_upstream_ejected{upstream="shop-1"}'), 0);
});

test('while it is off, nobody is ejected whatever fails', async (t) => {
  const { port, upstreams, failing } = await failingCluster(t, { 'eject-after': 1 });
  failing.add('shop-1');
  for (let turn = 0; turn < 9; turn++) await send(port, { headers: PINNED });
  assert.equal((await upstreams())[0]?.state, 'up');
});
