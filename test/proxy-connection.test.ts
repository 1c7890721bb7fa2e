import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openWire } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { createShopper, startSessionShop } from './support/session-shop.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

test('all requests of a connection go to one replica; without affinity they go round', async (t) => {
  const { port, settings } = await cluster(t);
  const shopper = createShopper(t, port);
  const tied = await visits(shopper.read, 8);
  assert.equal(new Set(tied).size, 1);
  await settings({ affinity: 'none' });
  assert.equal(new Set(await visits(shopper.read, 8)).size, 3);
});

test('each new connection is balanced, cookies or not: a client that reconnects is somebody else', async (t) => {
  const { port } = await cluster(t);
  const shopper = createShopper(t, port);
  const homes: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    homes.push((await shopper.write()).by);
    shopper.reconnect();
  }
  assert.deepEqual(homes, [...homes.slice(0, 3), ...homes.slice(0, 3)]);
  assert.equal(new Set(homes).size, 3);
});

test('pipelined requests stay together though none was answered when the second came', async (t) => {
  const { port, shops } = await cluster(t);
  const one = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
  const wire = openWire(t, port, one.repeat(6));
  await waitFor('six answers', () => wire.text().split('HTTP/1.1 200').length === 7);
  assert.deepEqual(shops.map(({ requests }) => requests.length).sort(), [0, 0, 6]);
});

test('a new life of its replica is a new replica to a connection, strict or not: no TCP connection outlives a process', async (t) => {
  const { port, place, becomes, shops, settings } = await cluster(t);
  await settings({ deadPin: 'strict' });
  const shopper = createShopper(t, port);
  const { by } = await shopper.read();
  const next = await startUpstream(t, by, undefined, `${by}#2`);
  await place(shops.map((shop) => (shop.address.id === by ? next : shop)));
  await becomes(by, 'up');
  assert.equal((await shopper.read()).letters, 'DI');
  assert.equal((await shopper.read()).letters, 'VN');
});

test('a request under way when its replica dies is told so, and the next one on that connection is moved', async (t) => {
  const { port } = await cluster(t);
  const shopper = createShopper(t, port);
  const shop = await startUpstream(t, 'shop-9', ({ req, res }) => {
    if (req.method === 'GET') res.end('shop-9');
    else req.socket.destroy();
  });
  const {
    place,
    becomes,
    port: second,
  } = await startTestProxy(t, { affinity: 'connection', upstreams: [shop] });
  const lonely = createShopper(t, second);
  assert.equal((await lonely.read()).by, 'shop-9');
  assert.deepEqual(await lonely.write().then(({ status, letters }) => [status, letters]), [502, 'VN']);
  const spare = await startSessionShop(t, 'shop-1');
  await place([spare]);
  await becomes('shop-1', 'up');
  assert.deepEqual(await lonely.read().then(({ by, letters }) => [by, letters]), ['shop-1', 'II']);
  assert.equal((await shopper.read()).status, 200);
});

const visits = async (visit: () => Promise<{ by: string }>, count: number): Promise<string[]> => {
  const seen: string[] = [];
  for (let turn = 0; turn < count; turn++) seen.push((await visit()).by);
  return seen;
};

async function cluster(t: TestContext) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startSessionShop(t, id)));
  return { ...(await startTestProxy(t, { ...PATIENT, affinity: 'connection', upstreams: shops })), shops };
}
