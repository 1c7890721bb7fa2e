import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { Settings } from '../proxy/contract.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { createShopper, type Shopper, startSessionShop } from './support/session-shop.ts';
import type { TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** Affinities that know the client again on another connection, with the letters of a request that is tied. */
const KNOWN_AGAIN: [affinity: Settings['affinity'], letters: string][] = [
  ['cookie', 'VN'],
  ['table', 'VN'],
  ['ip-hash', 'NN'],
  ['session-hash', 'NN'],
];

for (const [affinity, letters] of KNOWN_AGAIN) {
  test(`${affinity}: a WebSocket and an event stream open at the replica that the client is tied to`, async (t) => {
    const { port } = await cluster(t, affinity);
    for (let client = 1; client <= 4; client++) {
      const from = `127.3.0.${client}`;
      const shopper = createShopper(t, port, from);
      await shopper.write();
      const home = (await shopper.read()).by;
      assert.deepEqual(await openSocket(t, port, shopper, from), { by: home, letters });
      assert.deepEqual(await openStream(t, port, shopper, from), { by: home, letters });
    }
  });
}

test('connection: a WebSocket opens a connection of its own, so it is balanced', async (t) => {
  const { port } = await cluster(t, 'connection');
  const shopper = createShopper(t, port);
  await shopper.write();
  const opened = await Promise.all([1, 2, 3].map(() => openSocket(t, port, shopper)));
  assert.equal(new Set(opened.map(({ by }) => by)).size, 3);
  assert.deepEqual([...new Set(opened.map(({ letters }) => letters))], ['NI']);
});

test('table: a session that begins with the handshake of a WebSocket is learned from its 101', async (t) => {
  const { port } = await cluster(t, 'table');
  const shopper = createShopper(t, port);
  const { by } = await openSocket(t, port, shopper);
  shopper.cookies.set('cw_sid', `of-the-socket-at-${by}`);
  const next = await shopper.read();
  assert.deepEqual([next.by, next.letters], [by, 'VN']);
});

test('least-connections sees open sockets: the next one goes where there is none', async (t) => {
  const { port, settings } = await cluster(t, 'none');
  await settings({ balance: 'least-connections' });
  const shopper = createShopper(t, port);
  const opened: string[] = [];
  for (let turn = 0; turn < 6; turn++) opened.push((await openSocket(t, port, shopper)).by);
  assert.deepEqual(opened.sort(), ['shop-1', 'shop-1', 'shop-2', 'shop-2', 'shop-3', 'shop-3']);
});

test('an open socket of a draining replica stays, though pins are not honoured', async (t) => {
  const { port, admin, upstreams, becomes } = await cluster(t, 'table', { drain: 'in-flight-only' });
  const shopper = createShopper(t, port);
  const { by } = await openSocket(t, port, shopper);
  await admin(by, 'drain');
  const { inFlight } = await becomes(by, 'draining');
  assert.equal(inFlight, 1, 'it is waited for');
  assert.equal((await upstreams()).length, 3);
});

async function openSocket(t: TestContext, port: number, shopper: Shopper, from = '127.0.0.1') {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, {
    headers: shopper.headers(),
    localAddress: from,
  });
  t.after(() => socket.terminate());
  const [[head], [by]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'message')]);
  return { by: String(by), letters: (head as IncomingMessage).headers['x-affinity'] };
}

async function openStream(t: TestContext, port: number, shopper: Shopper, from: string) {
  const options = {
    host: '127.0.0.1',
    port,
    path: '/events',
    headers: shopper.headers(),
    localAddress: from,
  };
  const request = get({ ...options, agent: false });
  t.after(() => request.destroy());
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  answer.on('error', () => {});
  answer.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  await waitFor('the first event', () => text.endsWith('\n\n'));
  return { by: text.replace('data: ', '').trim(), letters: answer.headers['x-affinity'] };
}

/** Three replicas with sessions; each tells its name on a WebSocket and, at /events, in an event stream. */
async function cluster(
  t: TestContext,
  affinity: Settings['affinity'],
  flags: Parameters<typeof startTestProxy>[1] = {},
) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startSessionShop(t, id)));
  for (const shop of shops) answerUpgrades(shop);
  return startTestProxy(t, { ...PATIENT, ...flags, affinity, upstreams: shops });
}

function answerUpgrades(shop: TestUpstream): void {
  const { id } = shop.address;
  const server = new WebSocketServer({ noServer: true });
  server.on('headers', (headers, { headers: { cookie = '' } }) => {
    if (!cookie.includes('cw_sid')) headers.push(`Set-Cookie: cw_sid=of-the-socket-at-${id}; Path=/`);
  });
  shop.onUpgrade((req, socket, head) =>
    server.handleUpgrade(req, socket, head, (peer) => {
      peer.on('error', () => {});
      peer.send(id);
    }),
  );
}
