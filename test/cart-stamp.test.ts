import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STAMP } from '../apps/cart/contract.ts';
import { createShopper, openReplica } from './support/cart.ts';

const SECRET = 'only the cluster knows';
const stamp = (more: Record<string, string>) => ({ [STAMP.secret]: SECRET, ...more });

test('a stamp with the secret chooses the session mode and epoch of its own request only', async (t) => {
  const shopper = createShopper(await openReplica(t, { CARTWRECK_SECRET: SECRET }));
  const stamped = await shopper.send(
    'GET',
    '/api/cart',
    undefined,
    stamp({ [STAMP.epoch]: '7', [STAMP.sessions]: 'cookie' }),
  );
  assert.deepEqual(
    [stamped.body.epoch, stamped.body.sessions, stamped.headers.get('x-epoch')],
    [7, 'cookie', '7'],
  );
  const plain = await shopper.read();
  assert.deepEqual([plain.body.epoch, plain.body.sessions, plain.headers.get('x-epoch')], [0, 'memory', '0']);
});

test('a stamp without the right secret is a client talking, and ignored', async (t) => {
  const claim = { [STAMP.epoch]: '7', [STAMP.sessions]: 'cookie' };
  const knowing = await openReplica(t, { CARTWRECK_SECRET: SECRET });
  const unknowing = await openReplica(t);
  const liars: [url: string, headers: Record<string, string>][] = [
    [knowing, claim],
    [knowing, { ...claim, [STAMP.secret]: '' }],
    [knowing, { ...claim, [STAMP.secret]: SECRET.slice(0, -1) }],
    [knowing, { ...claim, [STAMP.secret]: `${SECRET}, ${SECRET}` }],
    [unknowing, { ...claim, [STAMP.secret]: SECRET }],
    [unknowing, { ...claim, [STAMP.secret]: '' }],
  ];
  for (const [url, headers] of liars) {
    const { body } = await createShopper(url, headers).read();
    assert.deepEqual([body.epoch, body.sessions], [0, 'memory'], JSON.stringify(headers));
  }
});

test('refusals and pages name the epoch too', async (t) => {
  const url = await openReplica(t, { CARTWRECK_SECRET: SECRET });
  for (const path of ['/', '/shop.css', '/nowhere', '/healthz', '/readyz', '/api/checkout']) {
    const { headers } = await fetch(url + path, { headers: stamp({ [STAMP.epoch]: '12' }) });
    assert.deepEqual([headers.get('x-epoch'), headers.get('x-served-by')], ['12', 'shop-1'], path);
  }
});

test('a stamped mode this replica does not have is an error of the cluster, not of the client', async (t) => {
  const url = await openReplica(t, { CARTWRECK_SECRET: SECRET });
  for (const mode of ['carrier-pigeon', 'constructor', '']) {
    const { status, body } = await createShopper(url, stamp({ [STAMP.sessions]: mode })).read();
    assert.deepEqual([status, body.error.code], [500, 'unknown_session_mode']);
    assert.match(body.error.message, new RegExp(`Got "${mode}"`));
  }
});

test('a cart stays where it was when the mode changes, and is there when the mode changes back', async (t) => {
  const shopper = createShopper(await openReplica(t, { CARTWRECK_SECRET: SECRET }));
  const as = (sessions: string, method: string, path: string, body?: unknown) =>
    shopper.send(method, path, body, stamp({ [STAMP.sessions]: sessions }));
  const mug = { sku: 'mug', qty: 1 };
  const { cart } = (await as('memory', 'POST', '/api/cart/lines', mug)).body;
  assert.deepEqual((await as('cookie', 'GET', '/api/cart')).body.cart.lines, []);
  await as('cookie', 'POST', '/api/cart/lines', mug);
  assert.deepEqual((await as('memory', 'GET', '/api/cart')).body.cart, cart);
});
