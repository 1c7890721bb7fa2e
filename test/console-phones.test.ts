import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterEvent, Joined, PhoneView } from '../apps/console/contract.ts';
import { drawNames, MAX_STUDENTS, NAMES } from '../apps/console/phones/names.ts';
import { seatToGive } from '../apps/console/phones/seats.ts';
import { SILENCE_MS, Students } from '../apps/console/phones/students.ts';
import { send } from './support/client.ts';
import { RUN_TOKEN, startConsole, type TestConsole } from './support/console.ts';
import { waitFor } from './support/wait.ts';

const LAN = ['--host', '0.0.0.0'];
const CART = { on: 'shop-2', cart: 'right', items: 3, silent: false };
const NONE = { on: null, cart: 'none', items: 0, silent: false };
const QUESTION = { question: 'We kill shop-2. How many carts break?', options: ['None', 'A third', 'All'] };

type Told<T extends ClusterEvent['type']> = Extract<ClusterEvent, { type: T }> & { seq: number };
const told = <T extends ClusterEvent['type']>(room: TestConsole, type: T): Told<T>[] =>
  room.events().filter((event) => event.type === type) as unknown as Told<T>[];

async function joinAs(room: TestConsole, name: string): Promise<Joined> {
  const { status, body } = await room.call('POST', '/api/phones/join', { body: { name } });
  assert.equal(status, 201, body.error?.message);
  return body as unknown as Joined;
}

async function me(room: TestConsole, key: string): Promise<PhoneView> {
  const { status, body } = await room.call('GET', '/api/phones/me', { as: key });
  assert.equal(status, 200, body.error?.message);
  return body as unknown as PhoneView;
}

const asInstructor = (room: TestConsole, method: string, path: string, body?: unknown) =>
  room.call(method, path, { as: RUN_TOKEN, body });

const anyOf = (names: string[]) => names[Math.floor(Math.random() * names.length)];

/** What a phone does: looks for a name until it has one. */
async function joinSomehow(room: TestConsole): Promise<Joined> {
  let { names } = (await room.call('GET', '/api/phones/names')).body as { names: string[] };
  for (;;) {
    const { status, body } = await room.call('POST', '/api/phones/join', { body: { name: anyOf(names) } });
    if (status === 201) return body as unknown as Joined;
    assert.deepEqual([status, body.error?.code], [409, 'name_taken']);
    names = body.names as string[];
  }
}

test('two hundred phones join at once, each under a name of its own, and tell their carts; one more is refused', async (t) => {
  const room = await startConsole(t, LAN);
  const joined = await Promise.all(Array.from({ length: MAX_STUDENTS }, () => joinSomehow(room)));
  for (const what of ['id', 'name', 'key'] as const)
    assert.equal(new Set(joined.map((one) => one[what])).size, MAX_STUDENTS, what);
  assert.ok(joined.every(({ name }) => NAMES.includes(name)));
  const answers = await Promise.all(
    joined.map(({ key }) => room.call('PUT', '/api/phones/me/cart', { as: key, body: CART })),
  );
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [204]);
  assert.equal(told(room, 'student.joined').length, MAX_STUDENTS);
  const carts = told(room, 'student.cart');
  assert.deepEqual(new Set(carts.map(({ id }) => id)), new Set(joined.map(({ id }) => id)));
  const { seq: _, ...one } = carts[0] ?? assert.fail('no cart');
  const { id, name } = joined.find((student) => student.id === one.id) ?? assert.fail('a stranger');
  assert.deepEqual(one, { type: 'student.cart', id, name, ...CART, t: 1_000_000 });
  const { names, students, limit } = (await room.call('GET', '/api/phones/names')).body as Record<
    string,
    unknown
  >;
  assert.deepEqual([(names as string[]).length, students, limit], [12, 200, 200]);
  const late = await room.call('POST', '/api/phones/join', { body: { name: (names as string[])[0] } });
  assert.deepEqual([late.status, late.body.error?.code], [403, 'room_full']);
  await room.call('DELETE', '/api/phones/me', { as: joined[0]?.key });
  await joinSomehow(room);
});

test('what a phone says is checked, and nothing it says is a name of its own', async (t) => {
  const room = await startConsole(t, LAN);
  const { key } = await joinAs(room, 'Fox');
  const refused: [string, string, unknown, number, string][] = [
    ['POST', '/join', { name: '<b>Robert</b>' }, 400, 'unknown_name'],
    ['POST', '/join', { name: 'x'.repeat(33) }, 400, 'bad_body'],
    ['POST', '/join', { name: 'Owl', id: 'p1' }, 400, 'bad_body'],
    ['POST', '/join', { name: 'Fox' }, 409, 'name_taken'],
    ['PUT', '/me/cart', { ...CART, on: 'javascript:1' }, 400, 'bad_body'],
    ['PUT', '/me/cart', { ...CART, cart: 'stolen' }, 400, 'bad_body'],
    ['PUT', '/me/cart', { ...CART, items: 1e9 }, 400, 'bad_body'],
    ['PUT', '/me/cart', { ...CART, name: 'Owl' }, 400, 'bad_body'],
    ['PUT', '/me/cart', '{"on":', 400, 'bad_json'],
    ['PUT', '/me/cart', `"${'x'.repeat(2100)}"`, 413, 'too_large'],
    ['PUT', '/me/vote', { vote: 'v1', option: 0 }, 409, 'vote_closed'],
  ];
  for (const [method, path, body, status, code] of refused) {
    const answer = await room.call(method, `/api/phones${path}`, { as: key, body });
    assert.deepEqual(
      [answer.status, answer.body.error?.code],
      [status, code],
      `${path} ${JSON.stringify(body)}`,
    );
  }
  const chunked = await send(room.port, {
    ...{ method: 'PUT', path: '/api/phones/me/cart', headers: { authorization: `Bearer ${key}` } },
    body: Array.from({ length: 5 }, () => Buffer.alloc(1000, 32)),
  });
  assert.equal(chunked.status, 413);
  assert.match(chunked.body.toString(), /larger than 2kb/);
  assert.deepEqual(told(room, 'student.cart'), []);
  for (const path of ['/me', '/me/cart', '/me/vote'])
    for (const as of [undefined, 'wrong', RUN_TOKEN]) {
      const { status, body } = await room.call(path === '/me' ? 'GET' : 'PUT', `/api/phones${path}`, { as });
      assert.deepEqual([status, body.error?.code], [401, 'phone_unknown']);
    }
});

test('one phone calls four times a second, and the others are not slowed by it', async (t) => {
  const room = await startConsole(t, LAN);
  const [fast, calm] = [await joinAs(room, 'Fox'), await joinAs(room, 'Owl')];
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => room.call('GET', '/api/phones/me', { as: fast.key })),
  );
  const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
  assert.deepEqual([count(200), count(429)], [20, 40]);
  await me(room, calm.key);
  assert.equal(
    (await room.call('DELETE', '/api/phones/me', { as: fast.key })).status,
    204,
    'it may always leave',
  );
});

test('those who come and go all the time are slowed, all of one address together, and nobody else', async (t) => {
  const room = await startConsole(t, LAN);
  const answers: number[] = [];
  while (answers.length < 1050) {
    const calls = Array.from({ length: 50 }, () =>
      room.call('POST', '/api/phones/join', { body: { name: 'Fox' } }),
    );
    answers.push(...(await Promise.all(calls)).map(({ status }) => status));
  }
  const count = (wanted: number) => answers.filter((status) => status === wanted).length;
  assert.deepEqual([count(201), count(409), count(429)], [1, 999, 50]);
  const elsewhere = { body: { name: 'Owl' }, from: '127.0.0.9' };
  assert.equal((await room.call('POST', '/api/phones/join', elsewhere)).status, 201);
});

test('who asks for names without end leaves them to the others', async (t) => {
  const room = await startConsole(t, LAN);
  const ask = () => room.call('GET', '/api/phones/names');
  let last = 200;
  for (let asked = 0; asked <= 1000 && last === 200; asked += 50)
    last = (await Promise.all(Array.from({ length: 50 }, ask))).at(-1)?.status ?? 0;
  assert.equal(last, 429);
  assert.equal((await room.call('GET', '/api/phones/names', { from: '127.0.0.9' })).status, 200);
});

test('one device takes every seat and votes with each: others come in all the same, and it loses seats and votes', async (t) => {
  const room = await startConsole(t, LAN);
  const greedy = await Promise.all(Array.from({ length: MAX_STUDENTS }, () => joinSomehow(room)));
  const { body: vote } = await asInstructor(room, 'PUT', '/api/vote', QUESTION);
  for (const { key } of greedy)
    await room.call('PUT', '/api/phones/me/vote', { as: key, body: { vote: vote.id, option: 1 } });
  room.clock.now += 1000;
  const awake = greedy[0] ?? assert.fail();
  await me(room, awake.key);
  const { names } = (await room.call('GET', '/api/phones/names')).body as { names: string[] };
  for (const [index, from] of ['127.0.0.8', '127.0.0.9'].entries()) {
    const call = { body: { name: names[index] }, from };
    assert.equal((await room.call('POST', '/api/phones/join', call)).status, 201);
  }
  assert.deepEqual(
    told(room, 'student.left').map(({ id, why }) => [id, why]),
    greedy.slice(1, 3).map(({ id }) => [id, 'too many phones at one address']),
    'of those that were silent for longest',
  );
  assert.deepEqual((await me(room, awake.key)).vote?.counts, [0, MAX_STUDENTS - 2, 0]);
  const more = await room.call('POST', '/api/phones/join', { body: { name: names[2] } });
  assert.deepEqual([more.status, more.body.error?.code], [403, 'room_full'], 'it gets none back');
});

test('in a full room of students nobody loses a seat to one who comes late', () => {
  const one = (from: string) => ({ from, seenAt: 1 });
  const room = Array.from({ length: MAX_STUDENTS }, (_, index) => one(`10.0.0.${Math.floor(index / 4)}`));
  assert.equal(seatToGive(room, '10.0.1.1'), null, 'four at one address are not too many');
  assert.equal(
    seatToGive(
      Array.from({ length: MAX_STUDENTS }, () => one('10.0.0.1')),
      '10.0.0.1',
    ),
    null,
  );
  const fair = Array.from({ length: MAX_STUDENTS }, (_, index) => one(index % 2 ? '10.0.0.1' : '10.0.0.2'));
  assert.equal(seatToGive(fair, '10.0.0.1'), null, 'two addresses that share do not take turns');
});

test('the instructor clears the room: each student leaves, with the vote, and may come again', async (t) => {
  const room = await startConsole(t, LAN);
  const phones = [await joinAs(room, 'Fox'), await joinAs(room, 'Owl')];
  const { body: vote } = await asInstructor(room, 'PUT', '/api/vote', QUESTION);
  for (const { key } of phones)
    await room.call('PUT', '/api/phones/me/vote', { as: key, body: { vote: vote.id, option: 0 } });
  for (const as of [undefined, phones[0]?.key])
    assert.equal((await room.call('DELETE', '/api/phones', { as })).status, 401);
  const cleared = await asInstructor(room, 'DELETE', '/api/phones');
  assert.deepEqual([cleared.status, cleared.body], [200, { left: 2 }]);
  assert.deepEqual(
    told(room, 'student.left').map(({ name, why }) => [name, why]),
    [
      ['Fox', 'the room was cleared'],
      ['Owl', 'the room was cleared'],
    ],
  );
  for (const { key } of phones)
    assert.equal((await room.call('GET', '/api/phones/me', { as: key })).status, 401);
  const again = await joinAs(room, 'Fox');
  assert.deepEqual((await me(room, again.key)).vote?.counts, [0, 0, 0]);
  assert.deepEqual((await asInstructor(room, 'DELETE', '/api/phones')).body, { left: 1 });
});

test('a cart is told when it changed, and a phone sees what it needs', async (t) => {
  const room = await startConsole(t, LAN);
  const { id, key } = await joinAs(room, 'Heron');
  room.deaths.push({ life: 'shop-2#1', how: 'killed', at: 1_500_000 });
  const broken = { ...CART, cart: 'broken', silent: true };
  for (const body of [CART, CART, broken, broken])
    await room.call('PUT', '/api/phones/me/cart', { as: key, body });
  assert.deepEqual(
    told(room, 'student.cart').map(({ cart }) => cart),
    ['right', 'broken'],
  );
  assert.deepEqual(await me(room, key), {
    ...{ name: 'Heron', shopPort: 8080, sessions: 'Replica memory', vote: null, chosen: null },
    deaths: [{ life: 'shop-2#1', how: 'killed', at: 1_500_000 }],
    startedAt: 1_000_000,
    resetAt: null,
  });
  assert.equal((await room.call('DELETE', '/api/phones/me', { as: key })).status, 204);
  assert.deepEqual(
    told(room, 'student.left').map((event) => [event.id, event.name, event.why]),
    [[id, 'Heron', 'left']],
  );
  assert.equal((await room.call('GET', '/api/phones/me', { as: key })).status, 401);
  await joinAs(room, 'Heron');
});

test('a phone is silent for the whole of two minutes before it has gone home', () => {
  const told: string[] = [];
  const students = new Students(({ type }) => told.push(type));
  students.join('Fox', 1000, '10.0.0.1');
  students.forgetSilent(1000 + 119_999);
  assert.deepEqual(told, ['student.joined']);
  students.forgetSilent(1000 + 120_000);
  assert.deepEqual(told, ['student.joined', 'student.left']);
});

test('a phone that has been silent for two minutes has gone home, and its name and vote are free', async (t) => {
  const room = await startConsole(t, LAN);
  const [silent, awake] = [await joinAs(room, 'Fox'), await joinAs(room, 'Owl')];
  const { body: vote } = await asInstructor(room, 'PUT', '/api/vote', QUESTION);
  await room.call('PUT', '/api/phones/me/vote', { as: silent.key, body: { vote: vote.id, option: 1 } });
  room.clock.now += SILENCE_MS - 1;
  await me(room, awake.key);
  room.clock.now += 1;
  await waitFor('the silent one to be forgotten', () => told(room, 'student.left').length === 1);
  const [left] = told(room, 'student.left');
  assert.deepEqual([left?.name, left?.why], ['Fox', 'silent for 2 minutes']);
  assert.deepEqual((await me(room, awake.key)).vote?.counts, [0, 0, 0]);
  await joinAs(room, 'Fox');
});

test('a reset leaves everybody in the room, with empty carts, and says when it was', async (t) => {
  const room = await startConsole(t, LAN);
  const [fox, owl] = [await joinAs(room, 'Fox'), await joinAs(room, 'Owl')];
  await room.call('PUT', '/api/phones/me/cart', { as: fox.key, body: CART });
  room.tell({ type: 'cluster.reset', ms: 900 });
  await waitFor('the empty cart', () => told(room, 'student.cart').length === 2);
  const { id, name, on, cart, items, silent } = told(room, 'student.cart')[1] ?? assert.fail();
  assert.deepEqual({ id, name, on, cart, items, silent }, { id: fox.id, name: 'Fox', ...NONE });
  assert.deepEqual(
    room
      .events()
      .slice(-2)
      .map(({ type }) => type),
    ['cluster.reset', 'student.cart'],
    'nobody hears of the carts before they hear of the reset',
  );
  assert.equal((await me(room, owl.key)).resetAt, room.clock.now);
});

test('a vote: opened, changed while it is open, closed, decided, taken away', async (t) => {
  const room = await startConsole(t, LAN);
  const phones = [await joinAs(room, 'Fox'), await joinAs(room, 'Owl'), await joinAs(room, 'Lynx')];
  const choose = async (n: number, option: number, vote = 'v1') =>
    (await room.call('PUT', '/api/phones/me/vote', { as: phones[n]?.key, body: { vote, option } })).status;
  const opened = await asInstructor(room, 'PUT', '/api/vote', QUESTION);
  const begun = { id: 'v1', ...QUESTION, counts: [0, 0, 0], open: true, came: null };
  assert.deepEqual([opened.status, opened.body], [200, begun]);
  assert.deepEqual(
    [await choose(0, 1), await choose(1, 1), await choose(2, 0), await choose(1, 2)],
    [200, 200, 200, 200],
  );
  assert.deepEqual([await choose(0, 3), await choose(0, 1, 'v0')], [400, 409]);
  const seen = await me(room, phones[1]?.key ?? '');
  assert.deepEqual([seen.vote?.counts, seen.chosen], [[1, 1, 1], 2]);
  assert.deepEqual((await asInstructor(room, 'POST', '/api/vote/close')).body, {
    ...begun,
    counts: [1, 1, 1],
    open: false,
  });
  assert.equal(await choose(0, 0), 409);
  assert.equal((await asInstructor(room, 'POST', '/api/vote/came', { option: 7 })).status, 400);
  assert.equal((await asInstructor(room, 'POST', '/api/vote/came', { option: 1 })).body.came, 1);
  await asInstructor(room, 'PUT', '/api/vote', QUESTION);
  assert.equal((await me(room, phones[1]?.key ?? '')).chosen, null, 'another vote, another choice');
  assert.equal((await asInstructor(room, 'DELETE', '/api/vote')).status, 204);
  assert.equal((await asInstructor(room, 'POST', '/api/vote/close')).status, 404);
  const votes = told(room, 'vote.changed').map(({ vote }) => vote && [vote.id, vote.open, vote.came]);
  assert.deepEqual(votes.at(-1), null);
  assert.deepEqual(votes.slice(-4, -1), [
    ['v1', false, null],
    ['v1', false, 1],
    ['v2', true, null],
  ]);
});

test('a class that votes is counted at most twice a second, and completely', async (t) => {
  const room = await startConsole(t, LAN);
  const phones = await Promise.all(Array.from({ length: 40 }, () => joinSomehow(room)));
  await asInstructor(room, 'PUT', '/api/vote', QUESTION);
  const begun = performance.now();
  for (const { key } of phones)
    await room.call('PUT', '/api/phones/me/vote', { as: key, body: { vote: 'v1', option: 2 } });
  const counted = await waitFor('all votes', () =>
    told(room, 'vote.changed').find(({ vote }) => vote?.counts[2] === phones.length),
  );
  const most = 2 + Math.ceil((performance.now() - begun) / 500);
  assert.ok(
    told(room, 'vote.changed').length <= most,
    `${told(room, 'vote.changed').length} in ${most / 2} s`,
  );
  assert.deepEqual(counted.vote?.counts, [0, 0, 40]);
});

test('a question is one line, and its options differ', async (t) => {
  const room = await startConsole(t, LAN);
  for (const body of [
    { ...QUESTION, question: '' },
    { ...QUESTION, question: 'x'.repeat(121) },
    { ...QUESTION, question: 'red \u001b[31m' },
    { ...QUESTION, options: ['One'] },
    { ...QUESTION, options: ['A', 'B', 'C', 'D', 'E'] },
    { ...QUESTION, options: ['A', 'A '] },
    { ...QUESTION, options: ['A', 'x'.repeat(25)] },
  ])
    assert.equal((await asInstructor(room, 'PUT', '/api/vote', body)).status, 400, JSON.stringify(body));
  assert.deepEqual(told(room, 'vote.changed'), []);
});

test('nothing that opens anything is told or shown', async (t) => {
  const room = await startConsole(t, LAN);
  const { key } = await joinAs(room, 'Fox');
  const { body } = await room.call('POST', '/api/session', { body: { pin: '042137' } });
  const shown = JSON.stringify([room.events(), (await asInstructor(room, 'GET', '/api/state')).body]);
  for (const secret of [key, '042137', RUN_TOKEN, String(body.token)])
    assert.equal(shown.includes(secret), false);
});

test('there are 240 names, short and different, and single animals are offered first', () => {
  assert.equal(new Set(NAMES).size, 240);
  assert.ok(
    NAMES.every((name) => /^[A-Z][a-z]{2,7}( 2)?$/.test(name)),
    String(NAMES.filter((name) => name.length > 10)),
  );
  assert.ok(NAMES.length >= MAX_STUDENTS);
  const half = new Set(NAMES.slice(0, 115));
  const offered = drawNames(
    (name) => half.has(name),
    12,
    () => 0.5,
  );
  assert.deepEqual(offered.slice(0, 5), NAMES.slice(115, 120));
  assert.ok(offered.slice(5).every((name) => name.endsWith(' 2')));
  assert.deepEqual(
    drawNames(() => true, 12),
    [],
  );
});
