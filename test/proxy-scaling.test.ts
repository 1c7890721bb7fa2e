import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { SETTINGS, type SettingValues } from '../proxy/contract.ts';
import { predictedMoves } from '../scripts/bench/scaling/prediction.ts';
import { someAtOnce } from './support/at-once.ts';
import { send } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';

/** The same ones in every run. Where each move is certain, few will do. */
const CLIENTS = { hash: 240, pins: 40 };
/** How far a measured share may be from the predicted one, in percent points. */
const TOLERANCE = 5;

type Way = Pick<SettingValues, 'affinity' | 'hash'> & { 'ip-key'?: SettingValues['ipKey'] };

const REMEMBERING: Way[] = (['cookie', 'table', 'connection'] as const).map((affinity) => ({
  affinity,
  hash: 'rendezvous',
}));
const HASHING: Way[] = SETTINGS.hash.flatMap((hash) => [
  { affinity: 'ip-hash', hash },
  { affinity: 'ip-hash', 'ip-key': 'subnet', hash },
  { affinity: 'session-hash', hash },
]);

for (const way of [...REMEMBERING, ...HASHING]) {
  const isHash = HASHING.includes(way);
  const [out, back] = [
    predictedMoves(way.affinity, way.hash, 3, 4),
    predictedMoves(way.affinity, way.hash, 4, 3),
  ];
  const name = [way.affinity, ...(isHash ? [way.hash] : []), ...(way['ip-key'] ? ['/24'] : [])].join(' ');

  test(`${name}: 3 → 4 replicas moves ${out} % of those who are here, 4 → 3 moves ${back} %`, async (t) => {
    const { port, scale } = await cluster(t, way);
    await scale(3);
    const clients = createClients(t, port, isHash ? CLIENTS.hash : CLIENTS.pins, 0);
    const three = await someAtOnce(clients);
    await scale(4);
    const grown = await someAtOnce(clients);
    assertMoved(t, three, grown, out);
    // Who remembers has nobody on the new one yet; a hash has no memory, and its clients are as good as new.
    const later = isHash ? clients : createClients(t, port, CLIENTS.pins, CLIENTS.pins);
    const four = isHash ? grown : await someAtOnce(later);
    await scale(3);
    const after = await someAtOnce(later);
    assertMoved(t, four, after, back);
    if (way.hash === 'rendezvous')
      assert.ok(
        after.every((by, index) => four[index] === 'shop-4' || by === four[index]),
        'nobody else',
      );
    if (!isHash) assert.deepEqual(await someAtOnce(later), after, 'moved once');
  });
}

test('none: nobody has a place to move from, the next request goes to the next replica anyhow', async (t) => {
  assert.equal(predictedMoves('none', 'rendezvous', 3, 4), null);
  const { port, scale } = await cluster(t, { affinity: 'none', hash: 'rendezvous' });
  await scale(3);
  const [client] = createClients(t, port, 1, 0);
  assert.ok(client);
  const seen = [await client(), await client(), await client()];
  assert.deepEqual(new Set(seen), new Set(['shop-1', 'shop-2', 'shop-3']));
});

test('prediction: modulo keeps the rests that are the same for both counts', () => {
  const stays = (from: number, to: number) =>
    Array.from({ length: 27_720 }, (_, key) => key).filter((key) => key % from === key % to).length / 277.2;
  for (const [from, to] of [
    [3, 4],
    [4, 3],
    [2, 4],
    [6, 9],
    [10, 11],
  ] as const) {
    const predicted = predictedMoves('ip-hash', 'modulo', from, to) ?? Number.NaN;
    assert.ok(Math.abs(predicted - (100 - stays(from, to))) < 0.01, `${from} → ${to}: ${predicted} %`);
  }
});

test('a replica that is added helps nobody who is pinned already: it gets only new clients', async (t) => {
  const { port, scale } = await cluster(t, { affinity: 'cookie', hash: 'rendezvous' });
  await scale(3);
  const old = createClients(t, port, 30, 0);
  await someAtOnce(old);
  await scale(4);
  assert.ok(!(await someAtOnce(old)).includes('shop-4'));
  const fresh = await someAtOnce(createClients(t, port, 40, 30));
  assert.equal(fresh.filter((by) => by === 'shop-4').length, 10);
});

async function cluster(t: TestContext, way: Way) {
  const shops = await Promise.all([1, 2, 3, 4].map((n) => startUpstream(t, `shop-${n}`)));
  const proxy = await startTestProxy(t, { ...PATIENT, ...way });
  return {
    port: proxy.port,
    async scale(count: number) {
      await proxy.place(shops.slice(0, count));
      for (const { address } of shops.slice(0, count)) await proxy.becomes(address.id, 'up');
      assert.equal((await proxy.upstreams()).length, count);
    },
  };
}

function assertMoved(t: TestContext, before: string[], after: string[], predicted: number | null): void {
  assert.ok(predicted !== null);
  const moved = before.filter((by, index) => by !== after[index]).length;
  const measured = (100 * moved) / before.length;
  t.diagnostic(`predicted ${predicted} %, measured ${measured.toFixed(1)} %`);
  assert.ok(Math.abs(measured - predicted) <= TOLERANCE, `predicted ${predicted} %, measured ${measured} %`);
}

type Client = () => Promise<string>;

/** Each with an address in a /24 of its own, a connection, a session and a jar; the numbers begin with `first`. */
function createClients(t: TestContext, port: number, count: number, first: number): Client[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    let cookie = `cw_sid=s%3Asession-${number}.signature`;
    return async () => {
      const from = `127.${2 + (number >> 7)}.${1 + (number & 127)}.7`;
      const answer = await send(port, { agent, from, headers: { cookie } });
      const pin = /cw_pin=[^;]+/.exec(String(answer.headers['set-cookie']))?.[0];
      if (pin !== undefined) cookie = `${cookie.split('; ')[0]}; ${pin}`;
      return answer.body.toString();
    };
  });
}
