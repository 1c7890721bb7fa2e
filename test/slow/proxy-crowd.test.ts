import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { asked, get, post, seenBy, stage, statusOf } from '../support/abuse.ts';
import { openWire, send, type Wire } from '../support/client.ts';
import type { Respond } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

const IDLE_CONNECTIONS = 10_000;
/** The test holds the other end of each connection, in this process. */
const FILES_FOR_THE_REST = 500;
const UPGRADES = 1000;
/** An answer nobody takes is cut after some idle timeouts. */
const CUT_MS = 30_000;

test('clients that send, take or leave too slowly are let go within the limits of the flags', async (t) => {
  const respond: Respond = ({ res, url }) => {
    if (url === '/half') return void res.writeHead(200, { 'content-length': 100 }).write('half');
    if (url !== '/endless') return void res.end('ok');
    res.writeHead(200);
    flood(res);
  };
  const { proxy, shops, wellAgain } = await stage(t, { respond });
  await t.test('an answer that nobody takes is cut, and does not pile up in the proxy', async (t) => {
    const wires = Array.from({ length: 50 }, () => {
      const wire = openWire(t, proxy.port, get().replace('/', '/endless'));
      wire.socket.pause();
      return wire;
    });
    await waitFor('all at a replica', () => asked(shops, '/endless').length === wires.length);
    const { rssMiB } = await proxy.holdings();
    assert.ok(rssMiB < 400, `expected less than 400 MiB, got ${rssMiB}`);
    await waitFor('the replicas to be rid of them', () => asked(shops, '/endless').every(({ cut }) => cut), {
      timeoutMs: CUT_MS,
    });
  });
  await t.test('clients that leave in the middle of an answer free the replica at once', async (t) => {
    const wires = Array.from({ length: 200 }, () => openWire(t, proxy.port, get().replace('/', '/half')));
    await waitFor('half of every answer', () => wires.every((wire) => wire.text().endsWith('half')));
    for (const { socket } of wires) socket.resetAndDestroy();
    await waitFor('the replicas to be rid of them', () => asked(shops, '/half').every(({ cut }) => cut));
  });
  await t.test('half a head and half a body reach no replica', async (t) => {
    const before = seenBy(shops).length;
    const wires = [get().slice(0, -2), 'GET / HT', `${post('Content-Length: 9')}half`].flatMap((text) =>
      Array.from({ length: 100 }, () => openWire(t, proxy.port, text)),
    );
    assert.equal((await send(proxy.port, { path: '/well' })).status, 200);
    assert.equal(seenBy(shops).length, before + 1);
    for (const { socket } of wires) socket.destroy();
  });
  await wellAgain();
});

test('a head or a body that comes too slowly is a 408, and reaches no replica', async (t) => {
  const flags = ['--head-timeout', '1s', '--body-timeout', '2s'];
  const { proxy, shops, wellAgain } = await stage(t, { flags });
  const before = seenBy(shops).length;
  const late = [
    'GET / HTTP/1.1\r\nX-Slow: ',
    get().slice(0, -2),
    `${post('Content-Length: 100000')}half`,
  ].map((text) => openWire(t, proxy.port, text));
  const dripping = setInterval(() => {
    for (const { socket } of late) if (socket.writable) socket.write('x');
  }, 300);
  t.after(() => clearInterval(dripping));
  assert.deepEqual(await Promise.all(late.map(statusOf)), ['408', '408', '408']);
  await waitFor('all to be closed', () => late.every((wire) => wire.closed()));
  assert.equal(seenBy(shops).length, before);
  clearInterval(dripping);
  await wellAgain();
});

test('more connections than allowed are closed at once, and those inside are served', async (t) => {
  const { proxy } = await stage(t, { flags: ['--max-connections', '20'] });
  const inside = Array.from({ length: 20 }, () => openWire(t, proxy.port, ''));
  await Promise.all(inside.map(({ socket }) => once(socket, 'connect')));
  const [first] = inside;
  first?.socket.write(get());
  assert.equal(first && (await statusOf(first)), '200');
  const late = openWire(t, proxy.port, get());
  await waitFor('the door', () => late.closed());
  assert.equal(late.text(), '');
});

test('ten thousand idle connections do not keep others from being served', async (t) => {
  const { proxy, wellAgain } = await stage(t);
  const [, limit] = /^Max open files\s+([0-9]+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const count = Math.min(IDLE_CONNECTIONS, Number(limit) - FILES_FOR_THE_REST);
  const before = await proxy.holdings();
  const wires: Wire[] = [];
  for (let at = 0; at < count; at += 100) {
    const hundred = Array.from({ length: Math.min(100, count - at) }, () => openWire(t, proxy.port, ''));
    await Promise.all(hundred.map(({ socket }) => once(socket, 'connect')));
    wires.push(...hundred);
  }
  assert.equal((await send(proxy.port)).status, 200);
  const { heapMiB, rssMiB, sockets } = await proxy.holdings();
  const refused = wires.filter((wire) => wire.closed()).length;
  t.diagnostic(
    `${count} idle connections, ${refused} refused: ${(rssMiB - before.rssMiB).toFixed(0)} MiB of memory, ${(((heapMiB - before.heapMiB) * 1024) / count).toFixed(1)} kB of heap each`,
  );
  assert.ok(sockets >= count - refused);
  for (const { socket } of wires) socket.destroy();
  await wellAgain();
});

test('a thousand upgrades at once are answered or refused, and leave nothing behind', async (t) => {
  const { proxy, shops, wellAgain } = await stage(t);
  for (const shop of shops) {
    shop.onUpgrade((_req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
  }
  const wires = Array.from({ length: UPGRADES }, () =>
    openWire(t, proxy.port, get('Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x')),
  );
  const statuses = await Promise.all(wires.map(statusOf));
  assert.deepEqual(
    [...new Set(statuses)].filter((status) => !/^(101|503)$/.test(status)),
    [],
  );
  t.diagnostic(`${statuses.filter((status) => status === '101').length} upgraded of ${UPGRADES}`);
  assert.equal((await send(proxy.port)).status, 200);
  for (const { socket } of wires) socket.resetAndDestroy();
  await wellAgain();
});

/** Sends as fast as it is taken, until the other side leaves. */
function flood(res: ServerResponse): void {
  if (res.destroyed) return;
  if (res.write(Buffer.alloc(65_536))) setImmediate(flood, res);
  else res.once('drain', () => flood(res));
}
