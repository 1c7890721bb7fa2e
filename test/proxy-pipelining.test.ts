import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWire } from './support/client.ts';
import { startHeldUpstream } from './support/held.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`;
const post = (path: string) => `POST ${path} HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello`;

test('requests sent ahead on one connection reach the replicas one after another, each after the answer to the one before', async (t) => {
  const shop = await startHeldUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, get('/1') + post('/2') + get('/3'));
  for (const path of ['/1', '/2', '/3']) {
    assert.deepEqual(await shop.holds(1), [path]);
    shop.release();
  }
  await waitFor('three answers', () => wire.text().split('HTTP/1.1 200').length === 4);
});

test('a client that leaves takes along what it had sent ahead: none of it is under way, or waits, or is done', async (t) => {
  const shop = await startHeldUpstream(t, 'shop-1');
  const flags = { queue: 'on', 'upstream-limit': 1 } as const;
  const { port, idle } = await startTestProxy(t, { ...flags, upstreams: [shop] });
  const wire = openWire(t, port, get('/1') + post('/2') + post('/3'));
  await shop.holds(1);
  wire.socket.destroy();
  await idle();
  const other = openWire(t, port, get('/other'));
  assert.deepEqual(await shop.holds(1), ['/other']);
  shop.release();
  await waitFor('its answer', () => other.text().endsWith('shop-1'));
  assert.deepEqual(
    shop.requests.map(({ url }) => url),
    ['/1', '/other'],
  );
});

test('answers that stand behind another leave no request under way when their client leaves', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ url, res }) => void (url !== '/1' && res.end('at once')));
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, get('/1') + get('/2') + get('/3'));
  await waitFor('the first request', () => shop.requests.length > 0);
  // Time for the others to be answered, where they overtake the first.
  await waitFor(
    'two checks',
    (
      (checks) => () =>
        shop.checks > checks + 2
    )(shop.checks),
  );
  wire.socket.destroy();
  await idle();
});

test('a connection with too many requests sent ahead is broken, and others are served', async (t) => {
  const shop = await startHeldUpstream(t, 'shop-1');
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, get('/many').repeat(200));
  await waitFor('the connection to be broken', wire.closed);
  await idle();
  const other = openWire(t, port, get('/other'));
  await shop.holds(1);
  shop.release();
  await waitFor('an answer', () => other.text().endsWith('shop-1'));
});
