import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { SettingValue } from '../proxy/contract.ts';
import { someAtOnce } from './support/at-once.ts';
import { send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';

const CLIENTS = 200;
const IDS = ['shop-1', 'shop-2', 'shop-3'];
const neighbours = addresses((index) => `198.51.100.${index + 1}`);
const strangers = addresses((index) => `10.${index % 7}.${index}.${index % 5}`);

test('subnet: all clients of one /24 share one replica, as behind nginx, and 200 networks are spread', async (t) => {
  const { serve } = await cluster(t, 'subnet');
  assert.equal(new Set(await serve(neighbours)).size, 1);
  assertSpread(await serve(strangers));
});

test('address: the clients of one /24 are spread like any others', async (t) => {
  const { serve } = await cluster(t, 'address');
  assertSpread(await serve(neighbours));
  assertSpread(await serve(strangers));
});

test('subnet: of IPv6 the whole address counts, and IPv4 that came as IPv6 is IPv4', async (t) => {
  const { serve } = await cluster(t, 'subnet');
  assertSpread(await serve(addresses((index) => `2001:db8::${(index + 1).toString(16)}`)));
  const mapped = neighbours.slice(0, 20).map((address) => `::ffff:${address}`);
  assert.deepEqual(new Set(await serve(mapped)), new Set(await serve(neighbours.slice(0, 1))));
});

test('what an address gives is switched live, and back', async (t) => {
  const { serve, settings } = await cluster(t, 'address');
  const some = neighbours.slice(0, 20);
  const before = await serve(some);
  assert.equal(new Set(before).size, 3);
  await settings({ ipKey: 'subnet' });
  assert.equal(new Set(await serve(some)).size, 1);
  await settings({ ipKey: 'address' });
  assert.deepEqual(await serve(some), before);
});

/** Each has a third, more or less: three standard deviations. */
function assertSpread(served: readonly string[]): void {
  for (const id of IDS) {
    const share = served.filter((by) => by === id).length;
    assert.ok(share > 46 && share < 87, `${id} has ${share} of ${served.length}`);
  }
}

function addresses(nth: (index: number) => string): string[] {
  return Array.from({ length: CLIENTS }, (_, index) => nth(index));
}

/** Three replicas; the proxy believes the one in front of it, so that clients can be of any address. */
async function cluster(t: TestContext, ipKey: SettingValue<'ipKey'>) {
  const upstreams = await Promise.all(IDS.map((id) => startUpstream(t, id)));
  const flags = { affinity: 'ip-hash', 'ip-key': ipKey, 'trusted-hops': 1 } as const;
  const proxy = await startTestProxy(t, { ...flags, upstreams });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const serve = (clients: readonly string[]) =>
    someAtOnce(
      clients.map((address) => async () => {
        const answer = await send(proxy.port, { agent, headers: { 'x-forwarded-for': address } });
        return answer.body.toString();
      }),
    );
  return { ...proxy, serve };
}
