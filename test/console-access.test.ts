import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { limitConnections } from '../apps/console/access/connections.ts';
import { mayPass } from '../apps/console/access/rules.ts';
import { Sessions } from '../apps/console/access/sessions.ts';
import { send } from './support/client.ts';
import { scratch } from './support/cluster.ts';
import { apiRoutes, PIN, RUN_TOKEN, startConsole, type TestConsole } from './support/console.ts';
import { waitFor } from './support/wait.ts';

const LAN = ['--host', '0.0.0.0'];
const HOUR_MS = 3_600_000;
/** Everybody may try these: what a phone does, and giving the PIN. */
const OPEN = [
  'GET /api/phones/names',
  'POST /api/phones/join',
  'GET /api/phones/me',
  'PUT /api/phones/me/cart',
  'PUT /api/phones/me/vote',
  'DELETE /api/phones/me',
  'POST /api/session',
];

const givePin = (room: TestConsole, pin: string, options: { from?: string } = {}) =>
  room.call('POST', '/api/session', { body: { pin }, ...options });

async function pinToken(room: TestConsole): Promise<string> {
  const { status, body } = await givePin(room, PIN);
  assert.equal(status, 201);
  return String(body.token);
}

/** All routes but those that everybody may try. */
function guarded(room: TestConsole): string[] {
  const all = apiRoutes(room.api).map(({ method, path }) => `${method} ${path}`);
  for (const route of OPEN) assert.ok(all.includes(route), route);
  const others = all.filter((route) => !OPEN.includes(route));
  assert.ok(others.length > 15, all.join('\n'));
  return others;
}

/** The status of each route of the console for somebody with this key. */
async function statuses(room: TestConsole, as: string | undefined): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { method, path } of apiRoutes(room.api)) {
    if (OPEN.includes(`${method} ${path}`)) continue;
    found[`${method} ${path}`] = await statusOf(room, method, path.replaceAll(/:\w+/g, 'x1'), as);
  }
  return found;
}

/** Of the head of the answer alone: a stream of events does not end. */
function statusOf(room: TestConsole, method: string, path: string, as: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = as === undefined ? {} : { authorization: `Bearer ${as}` };
    const request = get(
      { port: room.port, host: '127.0.0.1', method, path, headers, agent: false },
      (res) => {
        resolve(res.statusCode ?? 0);
        res.destroy();
      },
    );
    request.on('error', reject);
  });
}

const refusedOf = (found: Record<string, number>) =>
  Object.entries(found)
    .filter(([, status]) => status === 401)
    .map(([route]) => route);

/** Every route but those that everybody may try; the ones in `locked` are refused to all but the instructor. */
async function checkEveryRoute(room: TestConsole, locked: string[], tokens: string[]): Promise<void> {
  const { body: joined } = await room.call('POST', '/api/phones/join', { body: { name: 'Fox' } });
  for (const as of [undefined, 'wrong', String(joined.key)])
    assert.deepEqual(refusedOf(await statuses(room, as)), locked, `as ${as}`);
  for (const as of tokens) assert.deepEqual(refusedOf(await statuses(room, as)), [], `as ${as}`);
  const phone = await room.call('GET', '/api/phones/me', { as: RUN_TOKEN });
  assert.equal(phone.status, 401, 'the instructor is no phone');
}

test('reached by this machine alone, everybody reads and the token changes; a phone has no power', async (t) => {
  const room = await startConsole(t);
  const locked = guarded(room).filter((route) => !route.startsWith('GET '));
  await checkEveryRoute(room, locked, [RUN_TOKEN]);
});

test('reached by others, everything wants the token or what the PIN gave; a phone has no power', async (t) => {
  const room = await startConsole(t, LAN);
  await checkEveryRoute(room, guarded(room), [RUN_TOKEN, await pinToken(room)]);
});

test('a route that nobody thought of is locked, however it is spelt', () => {
  const nobody = { lan: true, instructor: false };
  for (const [method, path] of [
    ['GET', '/api/new'],
    ['GET', '/api'],
    ['GET', '/API/state'],
    ['HEAD', '/api/state'],
    ['PUT', '/api/phones/address'],
    ['PUT', '/api/phones/address/'],
    ['GET', '/api/phones/me/../../state'],
    ['OPTIONS', '/api/state'],
    ['GET', '/api/sessions'],
  ] as const)
    assert.equal(mayPass({ ...nobody, method, path }), false, `${method} ${path}`);
  for (const path of ['/', '/join', '/stage', '/shared/tokens.css', '/apish'])
    assert.equal(mayPass({ ...nobody, method: 'GET', path }), true, path);
});

test('the token may stand in the address only where a header cannot be sent', async (t) => {
  const room = await startConsole(t, LAN);
  const token = await pinToken(room);
  for (const key of [token, RUN_TOKEN]) {
    assert.equal((await room.call('GET', `/api/state?key=${key}`)).status, 200);
    assert.equal(await statusOf(room, 'GET', `/api/events?after=0&key=${key}`, undefined), 200);
    for (const [method, path] of [
      ['GET', '/api/settings'],
      ['PATCH', '/api/settings'],
      ['POST', '/api/load'],
      ['DELETE', '/api/vote'],
    ] as const)
      assert.equal((await room.call(method, `${path}?key=${key}`)).status, 401, `${method} ${path}`);
  }
  assert.equal((await room.call('GET', '/api/state?key=a&key=b')).status, 401);
});

test('wrong PINs are few: five a minute from one address, twenty from all', async (t) => {
  const room = await startConsole(t, LAN);
  const from = (n: number) => ({ from: `127.0.0.${n}` });
  for (let n = 0; n < 5; n++) assert.equal((await givePin(room, '000000', from(9))).status, 403);
  const limited = await room.call('POST', '/api/session', { body: { pin: PIN }, ...from(9) });
  assert.deepEqual([limited.status, limited.body.error?.code], [429, 'too_many'], 'not even the right one');
  assert.match(limited.body.error?.message ?? '', /Too many wrong PINs: try again in \d+ s/);
  assert.equal((await givePin(room, PIN, from(8))).status, 201, 'others may try');
  const guesses = Array.from({ length: 40 }, (_, n) => givePin(room, String(100_000 + n), from(10 + n)));
  const answers = (await Promise.all(guesses)).map(({ status }) => status);
  assert.equal(answers.filter((status) => status === 403).length, 15, 'with the five of before it is twenty');
  assert.equal(answers.filter((status) => status === 429).length, 25);
  assert.equal(
    (await room.call('GET', '/api/state', { as: RUN_TOKEN, ...from(9) })).status,
    200,
    'the link works',
  );
  const { headers } = await send(room.port, {
    ...{ method: 'POST', path: '/api/session', body: JSON.stringify({ pin: PIN }) },
  });
  assert.match(String(headers['retry-after']), /^[1-9][0-9]?$/);
});

test('right PINs are not counted, and a PIN must be a text', async (t) => {
  const room = await startConsole(t, LAN);
  for (let n = 0; n < 25; n++) await pinToken(room);
  for (const body of [{}, { pin: 42137 }, { pin: PIN, more: 1 }, [PIN], { pin: '0'.repeat(33) }])
    assert.equal((await room.call('POST', '/api/session', { body })).status, 400, JSON.stringify(body));
  const long = await room.call('POST', '/api/session', { body: { pin: 'x'.repeat(2100) } });
  assert.deepEqual([long.status, long.body.error?.code], [413, 'too_large']);
});

test('without others there is no PIN, and that is said', async (t) => {
  const room = await startConsole(t);
  for (const pin of ['', PIN, '000000']) {
    const { status, body } = await givePin(room, pin);
    assert.deepEqual([status, body.error?.code], [409, 'no_pin']);
  }
});

test('what a PIN was exchanged for holds for twelve hours, and for the newest 32', async (t) => {
  const room = await startConsole(t, LAN);
  const token = await pinToken(room);
  const status = async () => (await room.call('GET', '/api/state', { as: token })).status;
  room.clock.now += 12 * HOUR_MS - 1;
  assert.equal(await status(), 200);
  room.clock.now += 1;
  assert.equal(await status(), 401);
  const sessions = new Sessions();
  const tokens = Array.from({ length: 33 }, () => sessions.give(0));
  assert.deepEqual(
    tokens.map((one) => sessions.has(one, 1)),
    [false, ...Array(32).fill(true)],
  );
});

test('a name that somebody else binds to our address is refused, addresses and our own name are not', async (t) => {
  const closed = await startConsole(t);
  const open = await startConsole(t, [...LAN, '--lan-name', 'Laptop.local']);
  const status = async (room: TestConsole, host: string) =>
    (await room.call('GET', '/api/phones/names', { headers: { host } })).status;
  for (const host of [
    'evil.example',
    '10.0.0.7.evil.example',
    'localhost.evil.example',
    '10.0.0',
    '[::1',
    '1',
  ]) {
    assert.deepEqual([await status(closed, host), await status(open, host)], [403, 403], host);
  }
  for (const host of [
    '10.0.0.7:8090',
    '[fd00::2]:8090',
    'laptop.local:8090',
    'LAPTOP.local',
    '203.0.113.9',
  ]) {
    assert.deepEqual([await status(closed, host), await status(open, host)], [403, 200], host);
  }
  for (const host of ['127.0.0.1:1', 'localhost', '[::1]:8090'])
    assert.deepEqual([await status(closed, host), await status(open, host)], [200, 200], host);
});

test('pages of strangers are refused, a page of ours is not, also the shop beside us', async (t) => {
  const room = await startConsole(t, LAN);
  const host = '10.0.0.7:8090';
  for (const [origin, wanted] of [
    ['http://10.0.0.7:8090', 200],
    ['http://10.0.0.7:8080', 403],
    ['http://evil.example', 403],
    ['null', 403],
  ] as const) {
    const headers = { host, origin };
    assert.equal((await room.call('GET', '/api/phones/names', { headers })).status, wanted, origin);
    assert.equal((await room.call('GET', '/api/state', { headers, as: RUN_TOKEN })).status, wanted, origin);
  }
});

test('no more than 64 read the events at once, and who leaves makes room', async (t) => {
  const room = await startConsole(t);
  const open = () =>
    new Promise<{ status: number; close(): void }>((resolve, reject) => {
      const request = get(
        { port: room.port, host: '127.0.0.1', path: '/api/events', agent: false },
        (res) => {
          res.on('error', () => {});
          resolve({ status: res.statusCode ?? 0, close: () => res.destroy() });
        },
      );
      request.on('error', reject);
      t.after(() => request.destroy());
    });
  const readers = await Promise.all(Array.from({ length: 64 }, open));
  assert.ok(readers.every(({ status }) => status === 200));
  const { status, body } = await room.call('GET', '/api/events');
  assert.deepEqual([status, body.error?.code], [503, 'too_many_readers']);
  readers[0]?.close();
  await waitFor('room for one more', async () => {
    const reader = await open();
    reader.close();
    return reader.status === 200;
  });
});

test('one device that opens connections without end does not shut out the others', async (t) => {
  const server = createServer((_req, res) => void res.end());
  limitConnections(server, { all: 10, each: 3 });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const sockets = Array.from({ length: 8 }, () =>
    connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' }),
  );
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  for (const socket of sockets) socket.on('error', () => {}).resume();
  const closed = () => sockets.filter((socket) => socket.closed).length;
  await waitFor('all but three to be closed', () => closed() === 5);
  assert.equal((await send(port, { from: '127.0.0.8' })).status, 200);
  for (const socket of sockets) socket.destroy();
  await waitFor('room for it again', async () => (await send(port, { from: '127.0.0.9' })).status === 200);
});

test('a phone comes in by the join page, whose policy lets it reach the shop beside us', async (t) => {
  const room = await startConsole(t, LAN);
  const home = async (host: string) => (await send(room.port, { headers: { host } })).headers.location;
  assert.deepEqual(
    [await home('10.0.0.7:8090'), await home('[fd00::2]:8090'), await home('localhost:8090')],
    ['/join', '/join', '/control'],
  );
  const closed = await startConsole(t);
  assert.equal((await send(closed.port)).headers.location, '/control');
});

test('a page may call this console and nobody else, a phone also the shop at the same host', async (t) => {
  const root = scratch(t);
  for (const page of ['join', 'control']) {
    mkdirSync(join(root, 'apps/console/web', page), { recursive: true });
    writeFileSync(join(root, 'apps/console/web', page, 'index.html'), page);
  }
  const room = await startConsole(t, LAN, pathToFileURL(`${root}/`));
  const connects = async (path: string, host: string) => {
    const { status, headers } = await send(room.port, { path, headers: { host } });
    assert.equal(status, 200);
    return /connect-src ([^;]*);/.exec(String(headers['content-security-policy']))?.[1];
  };
  assert.equal(await connects('/join', '10.0.0.7:8090'), "'self' http://10.0.0.7:8080");
  assert.equal(await connects('/join', 'localhost:8090'), "'self' http://localhost:8080");
  assert.equal(await connects('/join', '[fd00::2]:8090'), "'self' http://*:8080");
  assert.equal(await connects('/control', '10.0.0.7:8090'), "'self'");
});

test('who asks for the head of the event stream alone gets it, and takes no place of a reader', async (t) => {
  const room = await startConsole(t);
  for (let asked = 0; asked < 70; asked++)
    assert.equal((await room.call('HEAD', '/api/events')).status, 200, `${asked} before`);
});
