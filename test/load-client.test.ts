import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createClient } from '../scripts/load/client.ts';
import { createJar } from '../scripts/load/jar.ts';
import { type Outcome, outcomeOf } from '../scripts/load/outcome.ts';
import type { Op } from '../scripts/oracle/history.ts';
import { openToyShop, type SeenRequest } from './support/toy-shop.ts';
import { waitFor } from './support/wait.ts';

const EMPTY_CART =
  '{"user":null,"cart":{"id":null,"born":"new","lines":[]},"servedBy":"shop-1","boot":"shop-1#1"}';
const ADD: Op = { key: 'k3f.s1.1', kind: 'add', sku: 'mug', qty: 1 };
const READ: Op = { key: 'k3f.s1.2', kind: 'read' };

/** One shopper's browser. */
function openBrowser(t: TestContext, url: string, timeoutMs = 2000) {
  const jar = createJar({ host: '127.0.0.1', secure: false });
  const client = createClient({ origin: url, jar, timeoutMs });
  t.after(() => client.close());
  return {
    send: (op: Op): Promise<Outcome> =>
      new Promise((resolve) => client.send(op, (exchange) => resolve(outcomeOf(exchange)))),
    cookies: () => jar.header('/', Date.now()),
  };
}

/** A server that treats every request the same way, given its socket, once the head of the request is there. */
async function openRawServer(t: TestContext, onRequest: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => onRequest(socket));
    t.after(() => socket.destroy());
  });
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What an add comes to at a shop that answers like this. */
async function outcomeAt(
  t: TestContext,
  answer: (res: ServerResponse, seen: SeenRequest) => void,
): Promise<Outcome> {
  const misbehave = (request: SeenRequest, res: ServerResponse) => {
    answer(res, request);
    return true;
  };
  const { url } = await openToyShop(t, { misbehave });
  return openBrowser(t, url).send(ADD);
}

test('a complete 2xx answer with a cart is ok and shows the cart', async (t) => {
  const { url } = await openToyShop(t);
  const outcome = await openBrowser(t, url).send(ADD);
  assert.equal(outcome.type, 'ok');
  const { cart, boot } = outcome.type === 'ok' ? outcome.obs : assert.fail();
  assert.deepEqual(cart.lines, [{ id: ADD.key, sku: 'mug', qty: 1, w: ADD.key }]);
  assert.equal(boot, 'shop-1#1');
});

test('each operation is the request the cart API describes', async (t) => {
  const { url, requests } = await openToyShop(t);
  const browser = openBrowser(t, url);
  const key = (seq: number) => `k3f.s1.${seq}`;
  await browser.send(ADD);
  await browser.send({ key: key(2), kind: 'set', line: ADD.key, qty: 3 });
  await browser.send({ key: key(3), kind: 'remove', line: ADD.key });
  await browser.send({ key: key(4), kind: 'login', user: 's1' });
  await browser.send({ key: key(5), kind: 'checkout' });
  await browser.send({ key: key(6), kind: 'logout' });
  await browser.send({ key: key(7), kind: 'read' });
  assert.deepEqual(
    requests.map(({ method, path, opId, body }) => [method, path, opId, body]),
    [
      ['POST', '/api/cart/lines', key(1), '{"sku":"mug","qty":1}'],
      ['PATCH', `/api/cart/lines/${key(1)}`, key(2), '{"qty":3}'],
      ['DELETE', `/api/cart/lines/${key(1)}`, key(3), ''],
      ['POST', '/api/login', key(4), '{"user":"s1"}'],
      ['POST', '/api/checkout', key(5), ''],
      ['POST', '/api/logout', key(6), ''],
      ['GET', '/api/cart', key(7), ''],
    ],
  );
  assert.equal(new Set(requests.map(({ socket }) => socket)).size, 1, 'one connection');
});

test('a refused connection is a definite failure', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  assert.deepEqual(await openBrowser(t, `http://127.0.0.1:${port}`).send(ADD), {
    type: 'fail',
    reason: 'refused',
  });
});

test('a name that does not exist is a definite failure', async (t) => {
  assert.deepEqual(await openBrowser(t, 'http://no-such-shop.invalid').send(ADD), {
    type: 'fail',
    reason: 'dns',
  });
});

test('a connection that is never accepted is a definite failure: nothing was sent', async (t) => {
  // The queue of waiting connections is full and the process never accepts one: further SYNs are dropped.
  const stuck = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    process.stdout.write(String(this.address().port) + '\\n', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  })`;
  const child = spawn(process.execPath, ['-e', stuck], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const port = Number(String(line));
  for (let n = 0; n < 4; n++) {
    const filler = connect(port, '127.0.0.1').on('error', () => {});
    t.after(() => filler.destroy());
  }
  const url = `http://127.0.0.1:${port}`;
  const outcome = await waitFor('a full queue', async () => {
    const seen = await openBrowser(t, url, 200).send(ADD);
    return seen.type === 'fail' ? seen : null;
  });
  assert.deepEqual(outcome, { type: 'fail', reason: 'connect-timeout' });
});

test('no answer in time is unknown, and the next request goes out on a new connection', async (t) => {
  const sockets = new Set<Socket>();
  const url = await openRawServer(t, (socket) => sockets.add(socket));
  const browser = openBrowser(t, url, 300);
  assert.deepEqual(await browser.send(ADD), { type: 'unknown', reason: 'timeout' });
  assert.deepEqual(await browser.send(READ), { type: 'unknown', reason: 'timeout' });
  await waitFor('both requests', () => sockets.size === 2);
  for (const socket of sockets) await waitFor('the given-up connection to end', () => socket.destroyed);
});

test('an answer that comes after the timeout is ignored, above all its cookie', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nset-cookie: cw_sid=late; Path=/\r\n';
  let late: Socket | undefined;
  const url = await openRawServer(t, (socket) => {
    late = socket;
  });
  const browser = openBrowser(t, url, 50);
  assert.deepEqual(await browser.send(ADD), { type: 'unknown', reason: 'timeout' });
  late?.write(`${head}content-length: ${EMPTY_CART.length}\r\n\r\n${EMPTY_CART}`);
  await waitFor('the connection to be gone', () => late?.destroyed);
  assert.equal(browser.cookies(), null);
});

test('a cookie counts as soon as the head of the answer is there, even if the body never ends', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nset-cookie: cw_sid=early; Path=/\r\ncontent-length: 500\r\n\r\n';
  const url = await openRawServer(t, (socket) => socket.write(`${head}{"user":`));
  const browser = openBrowser(t, url, 1000);
  assert.deepEqual(await browser.send(ADD), { type: 'unknown', reason: 'timeout' });
  assert.equal(browser.cookies(), 'cw_sid=early');
});

test('a body shorter than announced is unknown, never ok', async (t) => {
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${EMPTY_CART.length + 1}\r\n\r\n`;
  const url = await openRawServer(t, (socket) => socket.end(`${head}${EMPTY_CART}`));
  assert.deepEqual(await openBrowser(t, url).send(ADD), { type: 'unknown', reason: 'truncated' });
});

test('a chunked body without its last chunk is unknown, even when all of the JSON is there', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const chunk = `${EMPTY_CART.length.toString(16)}\r\n${EMPTY_CART}\r\n`;
  const url = await openRawServer(t, (socket) => socket.end(`${head}${chunk}`));
  assert.deepEqual(await openBrowser(t, url).send(ADD), { type: 'unknown', reason: 'truncated' });
});

test('a connection that closes without an answer is unknown', async (t) => {
  const url = await openRawServer(t, (socket) => socket.end());
  assert.deepEqual(await openBrowser(t, url).send(ADD), { type: 'unknown', reason: 'closed' });
});

test('a connection that is reset is unknown', async (t) => {
  const url = await openRawServer(t, (socket) => socket.resetAndDestroy());
  assert.deepEqual(await openBrowser(t, url).send(ADD), { type: 'unknown', reason: 'reset' });
});

test('an answer that is not HTTP is unknown', async (t) => {
  const url = await openRawServer(t, (socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  assert.equal((await openBrowser(t, url).send(ADD)).type, 'unknown');
});

test('a 2xx body that is not JSON, or not a cart, is unknown', async (t) => {
  assert.deepEqual(await outcomeAt(t, (res) => res.end('<html>')), { type: 'unknown', reason: 'not-json' });
  for (const body of [
    'null',
    '[]',
    '{}',
    '{"user":null,"cart":{"born":"new","lines":[{"id":"x"}]}}',
    '{"user":1,"cart":{"born":"new","lines":[]}}',
  ]) {
    assert.deepEqual(
      await outcomeAt(t, (res) => res.end(body)),
      { type: 'unknown', reason: 'not-a-cart' },
      body,
    );
  }
});

test('a body without end is cut off and unknown', async (t) => {
  const outcome = await outcomeAt(t, (res) => {
    const pour = () => {
      while (!res.destroyed && res.write('x'.repeat(64 * 1024)));
    };
    res.on('drain', pour);
    pour();
  });
  assert.deepEqual(outcome, { type: 'unknown', reason: 'too-large' });
});

test('the refusals that the cart API sends before it applies anything are definite failures', async (t) => {
  for (const status of [400, 404, 409, 412, 413, 429, 431]) {
    assert.deepEqual(await outcomeAt(t, (res) => res.writeHead(status).end('{}')), {
      type: 'fail',
      reason: `http-${status}`,
    });
  }
});

test('a gateway error is a definite failure only if the proxy says that it sent nothing on', async (t) => {
  for (const status of [502, 503, 504]) {
    for (const [sent, type] of [
      ['0', 'fail'],
      ['1', 'unknown'],
      [undefined, 'unknown'],
    ] as const) {
      const headers = sent === undefined ? {} : { 'x-upstream-sent': sent };
      const outcome = await outcomeAt(t, (res) => res.writeHead(status, headers).end('{}'));
      assert.deepEqual(outcome, { type, reason: `http-${status}` });
    }
  }
});

test('every other status is unknown', async (t) => {
  for (const status of [302, 401, 408, 500]) {
    const outcome = await outcomeAt(t, (res) => res.writeHead(status, { 'x-upstream-sent': '0' }).end('{}'));
    assert.deepEqual(outcome, { type: 'unknown', reason: `http-${status}` });
  }
});

test('cookies of an error answer are kept, as browsers do', async (t) => {
  const headers = [
    ['set-cookie', 'cw_pin=shop-1; Path=/'],
    ['set-cookie', 'cw_sid=x; Path=/'],
  ].flat();
  const { url } = await openToyShop(t, {
    misbehave: (_request, res) => Boolean(res.writeHead(500, headers).end()),
  });
  const browser = openBrowser(t, url);
  await browser.send(ADD);
  assert.equal(browser.cookies(), 'cw_pin=shop-1; cw_sid=x');
});

test('a session cookie over 4096 bytes is dropped, and the observation says so', async (t) => {
  const misbehave = (_request: SeenRequest, res: ServerResponse) =>
    Boolean(res.writeHead(200, { 'set-cookie': `cw_cart=${'x'.repeat(4100)}; Path=/` }).end(EMPTY_CART));
  const { url } = await openToyShop(t, { misbehave });
  const browser = openBrowser(t, url);
  const outcome = await browser.send(ADD);
  assert.equal(outcome.type === 'ok' && outcome.obs.droppedCookie, true);
  assert.equal(browser.cookies(), null);
});

test('an interim answer is not the answer', async (t) => {
  const url = await openRawServer(t, (socket) =>
    socket.write(
      `HTTP/1.1 103 Early Hints\r\nset-cookie: no=1; Path=/\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: ${EMPTY_CART.length}\r\n\r\n${EMPTY_CART}`,
    ),
  );
  const browser = openBrowser(t, url);
  assert.equal((await browser.send(ADD)).type, 'ok');
  assert.equal(browser.cookies(), null);
});

test('nothing is ever sent twice: the shop sees each request once, however it ends', async (t) => {
  const ends = [
    (res: ServerResponse) => res.socket?.end(),
    (res: ServerResponse) => res.socket?.resetAndDestroy(),
    (res: ServerResponse) =>
      res.writeHead(200, { 'content-length': 999 }).write('{', () => res.socket?.end()),
    (res: ServerResponse) => res.writeHead(503, { connection: 'close' }).end(),
  ];
  let count = 0;
  const misbehave = (_request: SeenRequest, res: ServerResponse) => {
    count += 1;
    if (count % 3 !== 0) return false;
    ends[(count / 3) % ends.length]?.(res);
    return true;
  };
  const { url, requests } = await openToyShop(t, { misbehave });
  const browser = openBrowser(t, url);
  const sent: string[] = [];
  for (let seq = 1; seq <= 60; seq++) {
    const op: Op = seq % 2 ? { ...ADD, key: `k3f.s1.${seq}` } : { key: `k3f.s1.${seq}`, kind: 'read' };
    sent.push(op.key);
    await browser.send(op);
  }
  assert.deepEqual(
    requests.map(({ opId }) => opId),
    sent,
  );
});
