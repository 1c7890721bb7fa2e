import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callApi } from '../lib/call.ts';
import { openWire, send } from './support/client.ts';
import { startDeafListener } from './support/deaf-listener.ts';
import { openSocket, startLiveShop } from './support/live-shop.ts';
import { startTestProxy, type TestProxy } from './support/proxy.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

type Flags = Parameters<typeof startTestProxy>[1];

interface Failure {
  what: string;
  flags?: Flags;
  /** what becomes of the replica that the client is pinned to */
  befalls?(shop: TestUpstream, proxy: TestProxy): unknown;
  ask?: string;
  status: number;
  code: string;
  affinity: string;
  attempts: string;
  sent: '0' | '1';
}

const NEVER_CHECKED = { 'check-interval': 60_000 } satisfies Flags;
const HANDSHAKE = [
  'GET /live HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Cookie: cw_pin=shop-1',
];
const handshake = `${HANDSHAKE.join('\r\n')}\r\n\r\n`;

const FAILURES: Failure[] = [
  {
    what: 'refuses the connection',
    flags: NEVER_CHECKED,
    befalls: (shop) => shop.kill(),
    ...{ status: 503, code: 'refused', affinity: 'VN', attempts: 'shop-1:refused', sent: '0' },
  },
  {
    what: 'breaks the connection',
    befalls: (shop) => shop.onUpgrade(({ socket }) => socket.resetAndDestroy()),
    ...{ status: 502, code: 'reset', affinity: 'VN', attempts: 'shop-1:reset', sent: '1' },
  },
  {
    what: 'answers 101 without the fields of an upgrade',
    befalls: (shop) =>
      shop.onUpgrade(({ socket }) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')),
    ...{ status: 502, code: 'reset', affinity: 'VN', attempts: 'shop-1:reset', sent: '1' },
  },
  {
    what: 'does not answer in time',
    flags: { 'first-byte-timeout': 80 },
    befalls: (shop) => shop.onUpgrade(() => {}),
    ...{ status: 504, code: 'first_byte_timeout', affinity: 'VN', attempts: 'shop-1:first-byte-timeout' },
    sent: '1',
  },
  {
    what: 'is down, and the pin is strict',
    flags: { 'dead-pin': 'strict' },
    befalls: (shop, proxy) => {
      shop.health = 503;
      return proxy.becomes('shop-1', 'down');
    },
    ...{ status: 503, code: 'pin_down', affinity: 'DN', attempts: '', sent: '0' },
  },
  {
    what: 'is sent a body before it has agreed',
    ask: `${handshake.slice(0, -2)}Content-Length: 5\r\n\r\nhello`,
    ...{ status: 400, code: 'bad_upgrade', affinity: 'VN', attempts: '', sent: '0' },
  },
];

for (const { what, flags = {}, befalls, ask = handshake, status, code, ...expected } of FAILURES) {
  test(`when the replica of a handshake ${what}, the client reads ${status} ${code}, and why, and gets no pin`, async (t) => {
    const shop = await startUpstream(t, 'shop-1');
    const spare = await startUpstream(t, 'shop-2');
    spare.onUpgrade(() => assert.fail('a handshake is tried once'));
    const proxy = await startTestProxy(t, { affinity: 'cookie', ...flags, upstreams: [shop, spare] });
    await befalls?.(shop, proxy);
    const wire = openWire(t, proxy.port, ask);
    await waitFor('the end of the connection', wire.closed);
    const { lines, body } = read(wire.text());
    assert.match(lines[0] ?? '', new RegExp(`^HTTP/1.1 ${status} `));
    assert.equal(JSON.parse(body).error.code, code);
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const [affinity, attempts, sent] = ['x-affinity', 'x-attempts', 'x-upstream-sent'].map(field);
    assert.deepEqual({ affinity, attempts, sent }, expected);
    assert.equal(field('set-cookie'), undefined);
    assert.equal(field('content-length'), String(body.length));
    await proxy.idle();
    const told = proxy.state.events.since(0).find((event) => event.type === 'request.sampled');
    assert.equal(told?.status, status, 'it is counted and told as any request');
  });
}

test('a replica that does not take the connection costs a handshake the connect timeout and a 503, unsent', async (t) => {
  const deaf = await startDeafListener(t);
  const proxy = await startTestProxy(t, { ...NEVER_CHECKED, 'connect-timeout': 80 });
  const address = { id: 'shop-1', life: 'shop-1#1', host: '127.0.0.1', port: deaf.port };
  await callApi(`${proxy.controlUrl}/upstreams`, { method: 'PUT', body: [address] });
  await proxy.becomes('shop-1', 'up');
  await deaf.goDeaf();
  const wire = openWire(t, proxy.port, handshake);
  await waitFor('the end of the connection', wire.closed);
  assert.match(wire.text(), /^HTTP\/1.1 503 .*\r\nx-upstream-sent: 0\r\n.*shop-1:connect-timeout/s);
});

test('a client whose replica is known to be down is moved by its handshake, and the 101 carries the new pin', async (t) => {
  const shops = [await startLiveShop(t, 'shop-1'), await startLiveShop(t, 'shop-2')];
  const proxy = await startTestProxy(t, { affinity: 'cookie', upstreams: shops });
  (shops[0] ?? assert.fail()).health = 503;
  await proxy.becomes('shop-1', 'down');
  const { headers, socket } = await openSocket(t, proxy.port, { headers: { cookie: 'cw_pin=shop-1' } });
  assert.equal(headers['x-affinity'], 'DI');
  assert.match(String(headers['set-cookie']), /^cw_pin=shop-2;/);
  socket.terminate();
});

const BEHIND: [what: string, text: string, answer: RegExp][] = [
  ['a handshake', handshake, /^HTTP\/1.1 101 /],
  ['a handshake that is refused', handshake.replace('GET', 'POST'), /^HTTP\/1.1 400 /],
  ['a wish for a tunnel', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1.1 405 /],
];

for (const [what, text, answer] of BEHIND) {
  test(`${what} sent behind another request is answered behind its answer, not in the middle of it`, async (t) => {
    const shop = await startUpstream(t, 'shop-1', () => {});
    shop.onUpgrade(
      ({ socket }) =>
        void socket.end(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
        ),
    );
    const proxy = await startTestProxy(t, { upstreams: [shop] });
    const wire = openWire(t, proxy.port, `GET / HTTP/1.1\r\nHost: x\r\n\r\n${text}`);
    const first = await waitFor('the first request at the replica', () => shop.requests[0]);
    first.res.writeHead(200, { 'content-length': 4 }).write('fi');
    await waitFor('half of its answer', () => wire.text().endsWith('\r\n\r\nfi'));
    // The other has had its chance to be answered too early.
    for (let turn = 0; turn < 3; turn++) await proxy.upstreams();
    assert.match(wire.text(), /\r\n\r\nfi$/);
    first.res.end('rs');
    await waitFor('the other answer', () => answer.test(wire.text().split('\r\n\r\nfirs')[1] ?? ''));
    await proxy.idle();
  });
}

test('a flood of handshakes at a frozen replica is answered, in bounds, and leaves nothing behind', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  let now = 0;
  let most = 0;
  shop.onUpgrade(({ socket }) => {
    most = Math.max(most, ++now);
    socket.once('close', () => now--);
    socket.resume().on('end', () => socket.end());
  });
  const flags = { ...NEVER_CHECKED, 'first-byte-timeout': 300, 'max-connections': 120 };
  const proxy = await startTestProxy(t, { ...flags, upstreams: [shop] });
  const wires = Array.from({ length: 200 }, () => openWire(t, proxy.port, handshake));
  await waitFor('all to be answered or turned away', () => wires.every((wire) => wire.closed()));
  const answered = wires.filter((wire) => wire.text().startsWith('HTTP/1.1 504 ')).length;
  assert.ok(answered >= 120, `${answered} were answered`);
  assert.ok(most <= 130, `${most} at once, and no more than there may be connections`);
  await proxy.idle();
  await waitFor('the replica to lose them', () => now === 0);
  assert.equal((await send(proxy.port)).status, 200);
});

function read(text: string): { lines: string[]; body: string } {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { lines: head.split('\r\n'), body };
}
