import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { someAtOnce } from './support/at-once.ts';
import { type Answer, pinOf, send } from './support/client.ts';
import { startTestProxy, type TestProxy } from './support/proxy.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';

test('without affinity the requests of one connection go round the replicas one by one', async (t) => {
  const { port } = await cluster(t, {});
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const served: string[] = [];
  for (let turn = 0; turn < 9; turn++) {
    const answer = await send(port, { agent });
    served.push(servedBy(answer));
    assert.equal(answer.headers['x-affinity'], 'NN');
    assert.equal(pinOf(answer), null);
  }
  const round = served.slice(0, 3);
  assert.deepEqual([...round].sort(), ['shop-1', 'shop-2', 'shop-3']);
  assert.deepEqual(served, [...round, ...round, ...round]);
});

test('the pin cookie keeps a client at the replica that answered first', async (t) => {
  const { port } = await cluster(t, { affinity: 'cookie' });
  for (let client = 0; client < 6; client++) {
    const first = await send(port);
    const pin = pinOf(first) ?? assert.fail('no pin');
    assert.equal(pin, servedBy(first));
    assert.equal(first.headers['x-affinity'], 'NI');
    for (let turn = 0; turn < 3; turn++) {
      const next = await send(port, { headers: { cookie: `theme=dark; cw_pin=${pin}` } });
      assert.equal(servedBy(next), pin);
      assert.equal(next.headers['x-affinity'], 'VN');
      assert.equal(pinOf(next), null, 'a valid pin is not sent again');
    }
  }
});

test('new clients are spread evenly, however many requests the pinned ones make between them', async (t) => {
  const { port } = await cluster(t, { affinity: 'cookie' });
  const served: string[] = [];
  for (let client = 0; client < 6; client++) {
    served.push(servedBy(await send(port)));
    await send(port, { headers: { cookie: 'cw_pin=shop-1' } });
  }
  assert.deepEqual(served.sort(), ['shop-1', 'shop-1', 'shop-2', 'shop-2', 'shop-3', 'shop-3']);
});

test('a pin to a replica that never was gives the letters II and a new pin', async (t) => {
  const { port } = await cluster(t, { affinity: 'cookie' });
  const answer = await send(port, { headers: { cookie: 'cw_pin=shop-99' } });
  assert.equal(answer.headers['x-affinity'], 'II');
  assert.equal(pinOf(answer), servedBy(answer));
});

test('a pin to a replica that is down gives the letters DI and a new pin', async (t) => {
  const { port, becomes, shops } = await cluster(t, { affinity: 'cookie' });
  const [first] = shops;
  if (first) first.health = 503;
  await becomes('shop-1', 'down');
  const answer = await send(port, { headers: { cookie: 'cw_pin=shop-1' } });
  assert.equal(answer.headers['x-affinity'], 'DI');
  assert.notEqual(servedBy(answer), 'shop-1');
  assert.equal(pinOf(answer), servedBy(answer));
});

test('a pin left over from another affinity is reported as unused and has no say', async (t) => {
  const { port, settings } = await cluster(t, {});
  const cookie = { cookie: 'cw_pin=shop-1' };
  const served = new Set<string>();
  for (let turn = 0; turn < 3; turn++) {
    const answer = await send(port, { headers: cookie });
    assert.equal(answer.headers['x-affinity'], 'UN');
    served.add(servedBy(answer));
  }
  assert.equal(served.size, 3);
  await settings({ affinity: 'ip-hash' });
  assert.equal((await send(port, { headers: cookie })).headers['x-affinity'], 'UN');
  await settings({ affinity: 'cookie' });
  assert.equal(
    (await send(port, { headers: cookie })).headers['x-affinity'],
    'VN',
    'pins outlive the affinity',
  );
});

test('the address hash is constant per address and spreads three hundred of them sanely', async (t) => {
  const { port } = await cluster(t, { affinity: 'ip-hash' });
  const first = await serveAll(port, 300);
  assert.deepEqual(await serveAll(port, 30), first.slice(0, 30));
  for (const id of ['shop-1', 'shop-2', 'shop-3']) {
    const share = first.filter((served) => served === id).length;
    assert.ok(share > 65 && share < 135, `${id} has ${share} of 300`);
  }
});

test('only replicas that are up are in the hash: a death moves its own clients, a return brings them home', async (t) => {
  const { port, becomes, shops } = await cluster(t, { affinity: 'ip-hash' });
  const [, second] = shops;
  const before = await serveAll(port, 40);
  if (second) second.health = 503;
  await becomes('shop-2', 'down');
  const without = await serveAll(port, 40);
  assert.ok(!without.includes('shop-2'));
  for (const [index, served] of before.entries()) {
    if (served !== 'shop-2') assert.equal(without[index], served);
  }
  if (second) second.health = 200;
  await becomes('shop-2', 'up');
  assert.deepEqual(await serveAll(port, 40), before);
});

test('a claimed address chooses no replica', async (t) => {
  const { port } = await cluster(t, { affinity: 'ip-hash' });
  assert.equal((await servedForClaims(port, (claim) => claim)).size, 1);
  assert.equal((await servedForClaims(port, (claim) => `${claim}, 10.0.0.1`)).size, 1);
});

test('behind a trusted proxy its entry chooses the replica, and nothing to the left of it', async (t) => {
  const { port } = await cluster(t, { affinity: 'ip-hash', 'trusted-hops': 1 });
  assert.equal((await servedForClaims(port, (claim) => `10.0.0.1, ${claim}`)).size, 3);
  assert.equal((await servedForClaims(port, (claim) => `${claim}, 10.0.0.1`)).size, 1);
});

/** Three replicas behind the proxy. */
async function cluster(
  t: TestContext,
  flags: Parameters<typeof startTestProxy>[1],
): Promise<TestProxy & { shops: TestUpstream[] }> {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startUpstream(t, id)));
  return { ...(await startTestProxy(t, { ...flags, upstreams: shops })), shops };
}

/** Who serves each of so many addresses. */
const serveAll = (port: number, count: number): Promise<string[]> =>
  someAtOnce(
    Array.from({ length: count }, (_, index) => async () => {
      const from = `127.${1 + (index % 3)}.${index % 100}.${1 + (index >> 1)}`;
      return servedBy(await send(port, { from }));
    }),
  );

/** Who serves one address that claims to be each of thirty. */
async function servedForClaims(port: number, forwardedFor: (claim: string) => string): Promise<Set<string>> {
  const served = new Set<string>();
  for (let claim = 1; claim <= 30; claim++) {
    const address = `10.1.1.${claim}`;
    const headers = { 'x-forwarded-for': forwardedFor(address), forwarded: `for=${address}` };
    served.add(servedBy(await send(port, { headers })));
  }
  return served;
}

const servedBy = (answer: Answer): string => answer.body.toString();
