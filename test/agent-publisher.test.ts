import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { MemberView } from '../apps/agent/contract.ts';
import type { ProxyClient } from '../apps/agent/proxy-client.ts';
import { createPublisher } from '../apps/agent/publisher.ts';
import { ApiError } from '../lib/api-error.ts';
import type { UpstreamView } from '../proxy/contract.ts';
import { waitFor } from './support/wait.ts';

const shop = (number: number, boot = 1): MemberView => ({
  id: `shop-${number}`,
  role: 'shop',
  life: `shop-${number}#${boot}`,
  state: 'ready',
  address: { host: '127.0.0.1', port: 9000 + number },
  handle: null,
  since: 0,
});

/** Shops as the test puts them, and a proxy that writes down what it is told. While `away`, it cannot be told anything. */
function openPublisher(t: TestContext) {
  const ending = new AbortController();
  t.after(() => ending.abort());
  const told: string[] = [];
  const members = [shop(1), shop(2)];
  const at = { away: false, inFlight: 0, attempts: 0 };
  const reach = () => {
    if (at.away) throw new ApiError(0, 'unreachable', 'the proxy is away');
  };
  const proxy: ProxyClient = {
    async place(addresses) {
      await new Promise((resolve) => setImmediate(resolve));
      at.attempts++;
      reach();
      told.push(addresses.map(({ life }) => life).join(' '));
    },
    async setAdmin(id, admin) {
      reach();
      if (id === 'shop-9') throw new ApiError(404, 'not_found', 'no such upstream');
      told.push(`${admin} ${id}`);
    },
    restore: () => Promise.reject(new Error('not here')),
    upstreams: async () => [],
    settings: () => Promise.reject(new Error('not here')),
    change: () => Promise.reject(new Error('not here')),
    links: {} as ProxyClient['links'],
    async until(_what, wanted) {
      const view = { state: 'up', admin: 'ready', inFlight: at.inFlight, requests: 0, p99Ms: null };
      const upstreams = members.map(
        ({ id, life, address }) => ({ id, life, ...address, ...view }) as UpstreamView,
      );
      if (!wanted(upstreams)) throw new Error('not within the limit');
    },
  };
  const publisher = createPublisher({ runtime: { members: () => members }, proxy, ending: ending.signal });
  return { publisher, told, members, at };
}

test('an older list never arrives after a newer one', async (t) => {
  const { publisher, told, members } = openPublisher(t);
  const first = publisher.publish();
  members.push(shop(3));
  await Promise.all([first, publisher.publish()]);
  // The first was still waiting to be sent: it says what is true then.
  assert.equal(told.at(-1), 'shop-1#1 shop-2#1 shop-3#1');
  members[0] = { ...shop(1, 2), address: null };
  await publisher.publish();
  assert.equal(told.at(-1), 'shop-2#1 shop-3#1', 'one that was never ready has no address');
});

test('a proxy that is away is told when it is back', async (t) => {
  const { publisher, told, at } = openPublisher(t);
  at.away = true;
  await assert.rejects(publisher.publish(), /the proxy is away/);
  publisher.publishSoon();
  await waitFor('two vain attempts', () => at.attempts >= 3);
  at.away = false;
  await waitFor('it to be told', () => told.includes('shop-1#1 shop-2#1'));
});

test('a shop is taken away before the work and given back after it, whoever publishes meanwhile', async (t) => {
  const { publisher, told, members } = openPublisher(t);
  await publisher.without(['shop-2'], { drainMs: 0 }, async () => {
    assert.deepEqual(told, ['drain shop-2', 'shop-1#1']);
    members[1] = shop(2, 2);
    await publisher.publish();
    assert.equal(told.at(-1), 'shop-1#1');
  });
  await waitFor('its next life to be known', () => told.at(-1) === 'shop-1#1 shop-2#2');
});

test('work that fails gives the shop back all the same, and not draining', async (t) => {
  const { publisher, told } = openPublisher(t);
  const failing = publisher.without(['shop-2'], { drainMs: 0 }, () =>
    Promise.reject(new Error('cannot start')),
  );
  await assert.rejects(failing, /cannot start/);
  await waitFor(
    'it to be known again',
    () => told.includes('ready shop-2') && told.at(-1) === 'shop-1#1 shop-2#1',
  );
});

test('while the proxy cannot be told, or when it is called off, the work is not begun', async (t) => {
  const { publisher, told, at } = openPublisher(t);
  const never = async () => assert.fail('begun');
  at.away = true;
  await assert.rejects(publisher.without(['shop-2'], { drainMs: 0 }, never), /the proxy is away/);
  at.away = false;
  await waitFor('nobody to be left draining', () => told.includes('ready shop-2'));
  const calledOff = new AbortController();
  const waiting = publisher.without(['shop-1'], { drainMs: 60_000, signal: calledOff.signal }, never);
  await waitFor('the drain', () => told.includes('drain shop-1'));
  calledOff.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  await waitFor('nobody to be left draining', () => told.includes('ready shop-1'));
});

test('requests of pinned clients do not hold the work up for ever, nor does a shop the proxy never knew', async (t) => {
  const { publisher, at } = openPublisher(t);
  at.inFlight = 1;
  let done = 0;
  const work = async () => void done++;
  await publisher.without(['shop-1'], { drainMs: 0 }, work);
  await publisher.without(['shop-9'], { drainMs: 0 }, work);
  assert.equal(done, 2);
});
