import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { openWire, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { readWhole, startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const KB = 1024;
const BODIES: [what: string, sizes: number[]][] = [
  ['one byte', [1]],
  ['a held one of 64 KiB', [64 * KB]],
  ['a streamed one of 64 KiB and a byte', [64 * KB + 1]],
  ['one of exactly 1 MiB', [1024 * KB]],
  ['one in many pieces', Array.from({ length: 50 }, (_, index) => index * 200 + 1)],
];

for (const [what, sizes] of BODIES) {
  test(`a body arrives as it was sent, with a length and in chunks: ${what}`, async (t) => {
    const { port, shop, agent } = await withShop(t);
    const pieces = sizes.map((size) => randomBytes(size));
    const whole = Buffer.concat(pieces);
    for (const body of [whole, pieces]) {
      assert.equal((await send(port, { method: 'POST', body, agent })).status, 200);
      const seen = shop.requests.at(-1);
      assert.ok(seen?.body.equals(whole));
    }
    assert.equal(shop.connections.size, 1, 'both on one connection, which is still in step');
  });
}

for (const method of ['GET', 'DELETE', 'OPTIONS', 'PATCH']) {
  test(`a ${method} may have a body, with a length and in chunks`, async (t) => {
    const { port, shop, agent } = await withShop(t);
    for (const headers of [{ 'content-length': '5' }, { 'transfer-encoding': 'chunked' }]) {
      await send(port, { method, headers, body: ['he', 'llo'].map((text) => Buffer.from(text)), agent });
      assert.equal(shop.requests.at(-1)?.body.toString(), 'hello');
    }
    await send(port, { method, agent });
    assert.equal(shop.requests.at(-1)?.body.toString(), '');
  });
}

test('a request with a large body is not sent again, even when nothing of it had left', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const spare = await startUpstream(t, 'shop-2');
  const { port } = await startTestProxy(t, {
    affinity: 'cookie',
    upstreams: [shop, spare],
    'check-interval': 60_000,
    fall: 100,
  });
  shop.kill();
  const headers = { cookie: 'cw_pin=shop-1' };
  const answer = await send(port, { method: 'POST', headers, body: Buffer.alloc(100 * KB) });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-upstream-sent'], '0');
  assert.equal(answer.headers['x-attempts'], 'shop-1:refused');
  assert.equal(spare.requests.length, 0);
});

test('a body that says it is larger than 1 MiB is refused with 413 and reaches no replica', async (t) => {
  const { port, shop, agent } = await withShop(t);
  const answer = await send(port, { method: 'POST', body: Buffer.alloc(1024 * KB + 1), agent });
  assert.equal(answer.status, 413);
  assert.equal(answer.headers['x-upstream-sent'], '0');
  assert.equal(shop.requests.length, 0);
  assert.equal((await send(port, { agent })).status, 200, 'the connection is still in step');
});

test('a body in chunks that grows larger than 1 MiB is refused with 413 on the way, perhaps seen', async (t) => {
  const { port, shop, agent, idle } = await withShop(t);
  const body = Array.from({ length: 40 }, () => Buffer.alloc(64 * KB));
  const answer = await send(port, { method: 'POST', body, agent });
  assert.equal(answer.status, 413);
  assert.equal(answer.headers['x-upstream-sent'], '1');
  assert.equal(answer.headers['x-attempts'], 'shop-1:too-large');
  await waitFor('the request at the replica to end', () => shop.requests[0]?.cut);
  assert.equal(shop.requests[0]?.complete, false, 'the replica never saw a whole body');
  assert.equal((await send(port, { agent })).status, 200, 'the connection is still in step');
  await idle();
});

test('a refused upload that does not end is cut off', async (t) => {
  const { port } = await withShop(t);
  const wire = openWire(t, port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99000000\r\n\r\n');
  await waitFor('the refusal', () => wire.text().startsWith('HTTP/1.1 413 '));
  wire.socket.write(Buffer.alloc(20_000 * KB));
  await waitFor('the connection to be cut', wire.closed);
});

test('a large DELETE in chunks is refused with 411: http-proxy would let its body be read as a request', async (t) => {
  const { port, shop, agent } = await withShop(t);
  const body = [Buffer.alloc(50 * KB), Buffer.alloc(50 * KB)];
  const headers = { 'transfer-encoding': 'chunked' };
  const answer = await send(port, { method: 'DELETE', headers, body, agent });
  assert.equal(answer.status, 411);
  assert.equal(shop.requests.length, 0);
  assert.equal((await send(port, { agent })).status, 200, 'the connection is still in step');
});

test('an answer that comes before the end of the upload reaches the client, and the next request goes through', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ method, res }) => {
    res.writeHead(method === 'POST' ? 403 : 200).end('early');
  });
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const body = Array.from({ length: 10 }, () => Buffer.alloc(90 * KB));
  assert.equal((await send(port, { method: 'POST', body, agent })).status, 403);
  assert.equal((await send(port, { agent })).status, 200);
  await idle();
});

async function withShop(t: TestContext) {
  const shop = await startUpstream(t, 'shop-1', async (seen) => {
    await readWhole(seen);
    seen.res.end();
  });
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return { port, idle, shop, agent };
}
