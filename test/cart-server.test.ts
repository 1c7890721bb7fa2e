import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { readConfig } from '../apps/cart/config.ts';
import { createReplica } from '../apps/cart/replica.ts';
import { createDrainableServer } from '../apps/cart/server.ts';
import { createShopper, openReplica } from './support/cart.ts';
import { waitFor } from './support/wait.ts';

async function rawAnswer(t: TestContext, url: string, request: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  t.after(() => socket.destroy());
  let answer = '';
  socket.on('data', (text) => {
    answer += text;
  });
  socket.write(request);
  await once(socket, 'close');
  return answer;
}

test('alive from the first moment, ready once the stores are settled, and neither touches a session', async (t) => {
  const replica = createReplica(readConfig({ REDIS_URL: 'redis://127.0.0.1:1' }), pino({ level: 'silent' }));
  t.after(() => replica.stop());
  const url = `http://127.0.0.1:${await replica.open({ host: '127.0.0.1', port: 0 })}`;
  const shopper = createShopper(url);
  const starting = await shopper.send('GET', '/readyz');
  assert.deepEqual([starting.status, starting.body.error.code], [503, 'starting']);
  const alive = await shopper.send('GET', '/healthz');
  assert.deepEqual([alive.status, alive.body, alive.setCookies], [200, { status: 'alive' }, []]);
});

test('readiness tells how full the memory is, also when the answer is not yet or no more', async (t) => {
  const url = await openReplica(t);
  const said = async () => (await fetch(`${url}/readyz`)).headers.get('endpoint-load-metrics');
  assert.equal(await said(), 'TEXT named_metrics.sessions_filled=0,named_metrics.sessions_empty=0');
  const [buyer, browser, leaver] = [createShopper(url), createShopper(url), createShopper(url)];
  await buyer.add('mug');
  await buyer.add('pen');
  await browser.read();
  await leaver.add('mug');
  await leaver.send('POST', '/api/checkout');
  assert.equal(await said(), 'TEXT named_metrics.sessions_filled=1,named_metrics.sessions_empty=1');
  await buyer.send('POST', '/api/logout');
  assert.equal(await said(), 'TEXT named_metrics.sessions_filled=0,named_metrics.sessions_empty=2');
  const early = createReplica(readConfig({ REDIS_URL: 'redis://127.0.0.1:1' }), pino({ level: 'silent' }));
  t.after(() => early.stop());
  const starting = await fetch(`http://127.0.0.1:${await early.open({ host: '127.0.0.1', port: 0 })}/readyz`);
  assert.equal(starting.status, 503);
  assert.match(starting.headers.get('endpoint-load-metrics') ?? '', /sessions_filled=0,/);
});

test('cookies that outgrew the header limit are answered in words, and by name', async (t) => {
  const url = await openReplica(t);
  const answer = await rawAnswer(
    t,
    url,
    `GET / HTTP/1.1\r\nhost: x\r\ncookie: a=${'x'.repeat(17_000)}\r\n\r\n`,
  );
  assert.match(answer, /^HTTP\/1\.1 431 .*\r\n/);
  assert.match(answer, /x-served-by: shop-1\r\n/);
  assert.match(answer, /x-boot-id: shop-1#1\r\n/);
  const { error } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
  assert.equal(error.code, 'headers_too_big');
});

test('what is not HTTP is answered 400 and the connection closed', async (t) => {
  const answer = await rawAnswer(t, await openReplica(t), 'nonsense\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(answer, /connection: close\r\n/);
});

test('a connection is kept for over a minute between two requests', async (t) => {
  const url = await openReplica(t);
  const { headers } = await fetch(`${url}/healthz`);
  assert.equal(headers.get('keep-alive'), 'timeout=65');
});

test('draining ends at its limit, and counts the requests it cut off', async (t) => {
  const asked: string[] = [];
  const server = createDrainableServer((req) => asked.push(String(req.url)), {
    headers: {},
    drainLimitMs: 100,
  });
  const socket = connect({ port: await server.listen({ host: '127.0.0.1', port: 0 }), host: '127.0.0.1' });
  t.after(() => socket.destroy());
  const cut = once(socket, 'close');
  socket.write('GET /never HTTP/1.1\r\nhost: x\r\n\r\n');
  await waitFor('the request to arrive', () => asked.includes('/never'));
  assert.equal(await server.drain(), 1);
  await cut;
});
