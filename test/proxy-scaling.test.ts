import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { Settings } from '../proxy/contract.ts';
import { someAtOnce } from './support/at-once.ts';
import { send } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';

/** The same ones in every run. Where each move is certain, few will do. */
const CLIENTS = { hash: 200, pins: 40 };
/** How far a measured share may be from the predicted one, in percent points. */
const TOLERANCE = 5;

/**
 * Share of the clients that another replica serves after the change, in percent. A pin moves only when its replica is
 * gone; a rendezvous hash moves what the changed replica has; a modulo hash all but one of the larger number.
 */
const MOVED: [affinity: Settings['affinity'], hash: Settings['hash'], out: number, back: number][] = [
  ['cookie', 'rendezvous', 0, 0],
  ['table', 'rendezvous', 0, 0],
  ['connection', 'rendezvous', 0, 0],
  ['ip-hash', 'rendezvous', 25, 25],
  ['ip-hash', 'modulo', 75, 75],
  ['session-hash', 'rendezvous', 25, 25],
  ['session-hash', 'modulo', 75, 75],
];

for (const [affinity, hash, out, back] of MOVED) {
  test(`${affinity} (${hash}): 3 → 4 replicas moves ${out} % of those who are here, 4 → 3 again ${back} %`, async (t) => {
    const { port, place, becomes, upstreams } = await startTestProxy(t, { ...PATIENT, affinity, hash });
    const shops = await Promise.all([1, 2, 3, 4].map((n) => startUpstream(t, `shop-${n}`)));
    const scale = async (count: number) => {
      await place(shops.slice(0, count));
      for (const { address } of shops.slice(0, count)) await becomes(address.id, 'up');
      assert.equal((await upstreams()).length, count);
    };
    await scale(3);
    const clients = createClients(t, port, affinity.endsWith('hash') ? CLIENTS.hash : CLIENTS.pins);
    const three = await someAtOnce(clients);
    await scale(4);
    const four = await someAtOnce(clients);
    assertMoved(t, three, four, out);
    await scale(3);
    assertMoved(t, four, await someAtOnce(clients), back);
  });
}

for (const affinity of ['cookie', 'table', 'connection'] as const) {
  test(`${affinity}: 4 → 3 replicas moves the clients of the one that goes, a quarter, and nobody else`, async (t) => {
    const shops = await Promise.all([1, 2, 3, 4].map((n) => startUpstream(t, `shop-${n}`)));
    const { port, place, upstreams } = await startTestProxy(t, { ...PATIENT, affinity, upstreams: shops });
    const clients = createClients(t, port, CLIENTS.pins);
    const before = await someAtOnce(clients);
    await place(shops.slice(0, 3));
    assert.equal((await upstreams()).length, 3);
    const after = await someAtOnce(clients);
    assertMoved(t, before, after, 25);
    assert.ok(after.every((by, index) => before[index] === 'shop-4' || by === before[index]));
    assert.deepEqual(await someAtOnce(clients), after, 'moved once');
  });
}

test('a replica that is added helps nobody who is pinned already: it gets only new clients', async (t) => {
  const shops = await Promise.all([1, 2, 3, 4].map((n) => startUpstream(t, `shop-${n}`)));
  const { port, place, becomes } = await startTestProxy(t, {
    ...PATIENT,
    affinity: 'cookie',
    upstreams: shops.slice(0, 3),
  });
  const old = createClients(t, port, 30);
  await someAtOnce(old);
  await place(shops);
  await becomes('shop-4', 'up');
  assert.ok(!(await someAtOnce(old)).includes('shop-4'));
  const fresh = await someAtOnce(createClients(t, port, 40));
  assert.equal(fresh.filter((by) => by === 'shop-4').length, 10);
});

function assertMoved(t: TestContext, before: string[], after: string[], predicted: number): void {
  const moved = before.filter((by, index) => by !== after[index]).length;
  const measured = (100 * moved) / before.length;
  t.diagnostic(`predicted ${predicted} %, measured ${measured.toFixed(1)} %`);
  assert.ok(Math.abs(measured - predicted) <= TOLERANCE, `predicted ${predicted} %, measured ${measured} %`);
}

type Client = () => Promise<string>;

/** Each with an address, a connection, a session and a jar of its own. */
function createClients(t: TestContext, port: number, count: number): Client[] {
  return Array.from({ length: count }, (_, index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    let cookie = `cw_sid=s%3Aclient-${index}.signature`;
    return async () => {
      const from = `127.2.${index >> 7}.${1 + (index & 127)}`;
      const answer = await send(port, { agent, from, headers: { cookie } });
      const pin = /cw_pin=[^;]+/.exec(String(answer.headers['set-cookie']))?.[0];
      if (pin !== undefined) cookie = `${cookie.split('; ')[0]}; ${pin}`;
      return answer.body.toString();
    };
  });
}
