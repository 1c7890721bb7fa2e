import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { openWire, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

test('a replica gets the stamp of the proxy and nothing that a client dressed up as one', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, settings } = await startTestProxy(t, { upstreams: [shop], secret: 'quiet' });
  await settings({ sessions: 'redis' });
  await send(port, {
    headers: {
      'x-cartwreck-secret': 'guessed',
      'X-Cartwreck-Epoch': '99',
      'x-cartwreck-sessions': 'memory',
      'x-cartwreck-anything': 'at all',
      'x-op-id': 'r.s1.1',
    },
  });
  const { headers } = shop.requests[0] ?? assert.fail('no request arrived');
  const stamps = Object.entries(headers).filter(([name]) => name.startsWith('x-cartwreck-'));
  assert.deepEqual(Object.fromEntries(stamps), {
    'x-cartwreck-secret': 'quiet',
    'x-cartwreck-epoch': '2',
    'x-cartwreck-sessions': 'redis',
  });
  assert.equal(headers['x-op-id'], 'r.s1.1', 'other fields go on as they are');
});

test('a replica learns the address of the client and not what the client claims', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  await send(port, {
    from: '127.1.2.3',
    headers: {
      host: 'shop.example',
      forwarded: 'for=9.9.9.9',
      'x-forwarded-for': '9.9.9.9, 8.8.8.8',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '1',
    },
  });
  const { headers } = shop.requests[0] ?? assert.fail('no request arrived');
  assert.equal(headers['x-forwarded-for'], '127.1.2.3');
  assert.equal(headers['x-forwarded-host'], 'shop.example');
  assert.equal(headers['x-forwarded-proto'], 'http');
  assert.equal(headers['x-forwarded-port'], undefined);
  assert.equal(headers.forwarded, undefined);
  assert.equal(headers.host, 'shop.example');
});

test('behind one trusted proxy the address is the one that proxy wrote, the rightmost', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop], 'trusted-hops': 1 });
  await send(port, { headers: { 'x-forwarded-for': '9.9.9.9, ::ffff:10.0.0.7' } });
  await send(port);
  assert.deepEqual(
    shop.requests.map(({ headers }) => headers['x-forwarded-for']),
    ['10.0.0.7', '127.0.0.1'],
  );
});

test('fields about the connection of the client stay there, also those that Connection names', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  await send(port, {
    method: 'POST',
    body: 'hello',
    headers: {
      connection: 'keep-alive, X-Private, Content-Length',
      'x-private': '1',
      'keep-alive': 'timeout=9',
      'proxy-authorization': 'Basic eA==',
      'proxy-connection': 'keep-alive',
      te: 'trailers',
      trailer: 'x-sum',
      expect: '100-continue',
      'x-public': '1',
    },
  });
  const seen = shop.requests[0] ?? assert.fail('no request arrived');
  const { host, ...headers } = seen.headers;
  assert.equal(host, `127.0.0.1:${port}`);
  assert.deepEqual(Object.keys(headers).sort(), [
    'connection',
    'content-length',
    'x-cartwreck-epoch',
    'x-cartwreck-secret',
    'x-cartwreck-sessions',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-public',
  ]);
  assert.equal(headers.connection, 'keep-alive', 'of the connection between proxy and replica');
  assert.equal(seen.body.toString(), 'hello');
});

test('fields about the connection of the replica stay there, also those that Connection names', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    res.writeHead(200, {
      connection: 'close, x-private',
      'x-private': '1',
      'keep-alive': 'timeout=9',
      'proxy-authenticate': 'Basic',
      upgrade: 'h2c',
      'x-public': '1',
    });
    res.end();
  });
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const { headers } = await send(port, { agent: keptAlive() });
  for (const name of ['x-private', 'proxy-authenticate', 'upgrade']) {
    assert.equal(headers[name], undefined, name);
  }
  assert.equal(headers.connection, 'keep-alive');
  assert.notEqual(headers['keep-alive'], 'timeout=9');
  assert.equal(headers['x-public'], '1');
});

test('clients that close after each request do not close the connection to the replica', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  for (let turn = 0; turn < 10; turn++) {
    const wire = openWire(t, port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await waitFor('the connection of the client to be closed', wire.closed);
    assert.match(wire.text(), /^HTTP\/1.1 200 .*\r\nconnection: close\r\n.*shop-1/is);
  }
  assert.equal(shop.requests.length, 10);
  assert.equal(shop.connections.size, 1);
});

test('a client that keeps its connection may send many requests on it', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const agent = keptAlive();
  t.after(() => agent.destroy());
  for (let turn = 0; turn < 10; turn++) await send(port, { agent });
  assert.deepEqual(
    Object.values(agent.freeSockets).map((sockets) => sockets?.length),
    [1],
  );
  assert.equal(shop.requests.length, 10);
});

test('an HTTP/1.0 client gets an answer without chunks that ends with its connection', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    res.write('one,');
    res.end('two');
  });
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, 'GET / HTTP/1.0\r\n\r\n');
  await waitFor('the end of the connection', wire.closed);
  assert.match(wire.text(), /\r\n\r\none,two$/);
  assert.doesNotMatch(wire.text(), /transfer-encoding/i);
  assert.equal(shop.requests[0]?.req.httpVersion, '1.1');
});

const TARGETS: [sent: string, seen: string][] = [
  ["/a'b|c@d?x='1'&y=//z", "/a'b|c@d?x='1'&y=//z"],
  ['/caf%C3%A9/%2e%2e/%2F', '/caf%C3%A9/%2e%2e/%2F'],
  ['http://elsewhere.example/cart?x=1', '/cart?x=1'],
  ['http://elsewhere.example', '/'],
  ['http://[::1?x', '/?x'],
];

test('a path reaches the replica as it was sent, without the host that some clients put before it', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  for (const [sent, seen] of TARGETS) {
    await send(port, { path: sent });
    assert.equal(shop.requests.at(-1)?.url, seen);
  }
  await idle();
});

test('an answer to HEAD keeps the length of the body it does not have', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    res.setHeader('content-length', '1234');
    res.end();
  });
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const agent = keptAlive();
  t.after(() => agent.destroy());
  const answer = await send(port, { method: 'HEAD', agent });
  assert.equal(answer.headers['content-length'], '1234');
  assert.equal((await send(port, { method: 'HEAD', agent })).status, 200, 'the connection is still in step');
});

const keptAlive = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });
