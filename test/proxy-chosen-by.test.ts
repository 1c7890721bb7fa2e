import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { ProxyFlags } from '../proxy/config.ts';
import type { ChosenBy } from '../proxy/contract.ts';
import { send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** Settings, what two requests of one connection carry, and how the first upstream of each was found. */
const FOUND: [flags: Partial<ProxyFlags>, cookies: [string, string], found: [ChosenBy, ChosenBy]][] = [
  [{ affinity: 'none' }, ['cw_pin=shop-1', 'cw_pin=shop-1'], ['balance', 'balance']],
  [{ affinity: 'cookie' }, ['', 'cw_pin=shop-1'], ['balance', 'pin']],
  [{ affinity: 'cookie' }, ['cw_pin=shop-9', 'cw_pin=shop-2'], ['balance', 'pin']],
  [{ affinity: 'table' }, ['cw_sid=one', 'cw_sid=one'], ['balance', 'pin']],
  [{ affinity: 'connection' }, ['', ''], ['balance', 'pin']],
  [{ affinity: 'ip-hash' }, ['', ''], ['hash', 'hash']],
  [{ affinity: 'session-hash' }, ['', 'cw_sid=one'], ['balance', 'hash']],
];

for (const [flags, cookies, found] of FOUND) {
  test(`${flags.affinity}: requests with "${cookies.join('" and "')}" find their replica by ${found.join(' and ')}`, async (t) => {
    const { visit } = await cluster(t, flags);
    for (const [index, cookie] of cookies.entries()) assert.equal(await visit(cookie), found[index]);
  });
}

test('what finds the first replica is told, also when it refuses and another answers', async (t) => {
  const { visit, shops } = await cluster(t, { affinity: 'cookie', 'check-interval': 60_000, fall: 100 });
  shops[1]?.kill();
  assert.equal(await visit('cw_pin=shop-2'), 'pin');
});

test('a pin to a replica known to be down finds nobody: the balance rule does', async (t) => {
  const { visit, shops, becomes, settings } = await cluster(t, { affinity: 'cookie' });
  if (shops[1]) shops[1].health = 503;
  await becomes('shop-2', 'down');
  assert.equal(await visit('cw_pin=shop-2'), 'balance');
  await settings({ deadPin: 'strict' });
  assert.equal(await visit('cw_pin=shop-2'), 'nobody');
});

test('where no replica is up, nobody was found', async (t) => {
  const { visit, place } = await cluster(t, { affinity: 'ip-hash' });
  await place([]);
  assert.equal(await visit(''), 'nobody');
});

/** Two replicas; `visit` sends a cookie on one and the same connection and says how the proxy chose. */
async function cluster(t: TestContext, flags: Partial<ProxyFlags>) {
  const shops = await Promise.all(['shop-1', 'shop-2'].map((id) => startUpstream(t, id)));
  const proxy = await startTestProxy(t, { ...flags, upstreams: shops });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  let seen = 0;
  const visit = async (cookie: string): Promise<ChosenBy> => {
    await send(proxy.port, { agent, headers: cookie === '' ? {} : { cookie } });
    const event = await waitFor('the event of the request', () =>
      proxy.state.events.since(seen).find(({ type }) => type === 'request.sampled'),
    );
    seen = event.seq;
    return event.type === 'request.sampled' ? event.chosenBy : assert.fail();
  };
  return { ...proxy, shops, visit };
}
