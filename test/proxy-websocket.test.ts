import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

test('messages go both ways, the 101 brings the pin, and the replica gets the stamp', async (t) => {
  const { proxy, client, peers, upgrades } = await echo(t);
  const { socket, head } = await client({ cookie: 'cw_sid=abc' });
  assert.match(String(head.headers['set-cookie']), /^cw_pin=shop-1;/);
  assert.equal(head.headers['x-affinity'], 'NI');
  assert.equal(head.headers['x-epoch'], '1');
  for (const message of ['hello', 'x'.repeat(1_000_000)]) {
    socket.send(message);
    const [back] = await once(socket, 'message');
    assert.equal(String(back), message);
  }
  assert.equal((await proxy.upstreams())[0]?.inFlight, 1, 'an open socket is a request under way');
  const { headers } = upgrades[0] ?? assert.fail('no upgrade arrived');
  assert.equal(headers['x-cartwreck-secret'], 'quiet');
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(headers.cookie, 'cw_sid=abc');
  socket.close(4000, 'done');
  const [code, reason] = await once(socket, 'close');
  assert.deepEqual([code, String(reason)], [4000, 'done']);
  await waitFor('the replica to lose its client', () => peers.size === 0);
  await proxy.idle();
});

test('a socket with a valid pin goes to that replica and gets no new one', async (t) => {
  const { client } = await echo(t);
  const { head } = await client({ cookie: 'cw_pin=shop-1' });
  assert.equal(head.headers['x-affinity'], 'VN');
  assert.equal(head.headers['set-cookie'], undefined);
});

test('when the replica dies the client is told within 500 ms', async (t) => {
  const { shop, client, proxy } = await echo(t);
  const { socket } = await client();
  const startedMs = performance.now();
  shop.kill();
  const [code] = await once(socket, 'close');
  assert.equal(code, 1006);
  assert.ok(performance.now() - startedMs < 500);
  await proxy.idle();
});

test('when the client vanishes the replica loses it too', async (t) => {
  const { client, peers, proxy } = await echo(t);
  const { socket } = await client();
  assert.equal(peers.size, 1);
  socket.terminate();
  await waitFor('the replica to lose its client', () => peers.size === 0);
  await proxy.idle();
});

/** A replica that echoes, and clients for it. */
async function echo(t: TestContext) {
  const shop = await startUpstream(t, 'shop-1');
  const server = new WebSocketServer({ noServer: true });
  const upgrades: IncomingMessage[] = [];
  shop.onUpgrade((req: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrades.push(req);
    server.handleUpgrade(req, socket, head, (peer) => {
      server.clients.add(peer);
      peer.on('close', () => server.clients.delete(peer));
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
    });
  });
  const proxy = await startTestProxy(t, { affinity: 'cookie', secret: 'quiet', upstreams: [shop] });
  const client = async (headers: Record<string, string> = {}) => {
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/live`, { headers });
    t.after(() => socket.terminate());
    socket.on('error', () => {});
    const [[head]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')]);
    return { socket, head: head as IncomingMessage };
  };
  return { shop, proxy, client, upgrades, peers: server.clients };
}
