import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SettingValue } from '../proxy/contract.ts';
import { createCartClient, startCartShop } from './support/cart-shop.ts';
import { startTestProxy } from './support/proxy.ts';

/** What one incident, a death and a return, costs a client of the replica that dies. */
const INCIDENTS: [affinity: SettingValue<'affinity'>, lost: number, home: 'stays away' | 'comes home'][] = [
  ['cookie', 1, 'stays away'],
  ['table', 1, 'stays away'],
  ['ip-hash', 2, 'comes home'],
];

for (const [affinity, lost, home] of INCIDENTS) {
  test(`${affinity}: a death and a return lose a client's cart ${lost === 1 ? 'once' : 'twice'}: it ${home}`, async (t) => {
    const { port, kill, restart } = await cluster(t, { affinity });
    const client = createCartClient(port);
    const first = String((await client.add('apple')).life);
    assert.deepEqual((await client.read()).cart, ['apple']);
    let losses = 0;

    await kill(idOf(first));
    if (!(await client.read()).cart?.includes('apple')) losses++;
    const second = await client.add('pear');
    assert.notEqual(second.life, first);
    assert.deepEqual((await client.read()).cart, ['pear']);

    await restart(idOf(first));
    const third = await client.read();
    if (!third.cart?.includes('pear')) losses++;
    assert.equal(losses, lost);
    assert.equal(third.life, home === 'comes home' ? `${idOf(first)}#2` : second.life);
  });
}

test('right server, wrong life: the pin of a restarted replica is honoured, and its cart is empty', async (t) => {
  const { port, kill, restart } = await cluster(t, { affinity: 'cookie' });
  const client = createCartClient(port);
  const before = await client.add('apple');
  const id = idOf(String(before.life));
  await kill(id);
  await restart(id);
  const after = await client.read();
  assert.deepEqual(after, { status: 200, cart: [], life: `${id}#2`, letters: 'VN' });
  assert.equal(before.life, `${id}#1`);
});

/** Three replicas whose carts die with them. `kill` and `restart` resolve when the proxy has noticed. */
async function cluster(t: TestContext, flags: Parameters<typeof startTestProxy>[1]) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startCartShop(t, id)));
  const proxy = await startTestProxy(t, { ...flags, upstreams: shops });
  const kill = async (id: string) => {
    shops.find(({ address }) => address.id === id)?.kill();
    await proxy.becomes(id, 'down');
  };
  const restart = async (id: string) => {
    const next = await startCartShop(t, id, `${id}#2`);
    await proxy.place(shops.map((shop) => (shop.address.id === id ? next : shop)));
    await proxy.becomes(id, 'up');
  };
  return { ...proxy, kill, restart };
}

const idOf = (life: string): string => life.split('#')[0] ?? '';
