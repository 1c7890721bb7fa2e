import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ProxyFlags } from '../proxy/config.ts';
import { SETTINGS, type SettingValue } from '../proxy/contract.ts';
import { pinOf, send } from './support/client.ts';
import { startDeafListener } from './support/deaf-listener.ts';
import { startTestProxy } from './support/proxy.ts';
import { type Respond, readWhole, startUpstream, type TestUpstream } from './support/upstream.ts';

/** No health check but the first: the proxy believes in the replica that fails. */
const BLIND = { 'check-interval': 60_000, fall: 100, affinity: 'cookie' } as const;
const METHODS = ['GET', 'PUT', 'DELETE', 'POST', 'PATCH'];
const BODILESS = new Set(['GET', 'DELETE']);

/** What a client pinned to shop-2 is told when its attempt there is the only one. */
interface Phase {
  name: string;
  /** with its failure the request certainly reached nobody */
  sent: boolean;
  reason: string;
  status: number;
  /** limits that are met in this phase: short, but a busy machine must not meet others */
  flags?: Partial<ProxyFlags>;
  start(t: TestContext): Promise<TestUpstream | { address: TestUpstream['address']; breaks(): unknown }>;
}

const broken = (respond: Respond) => (t: TestContext) => startUpstream(t, 'shop-2', respond);
const PHASES: Phase[] = [
  {
    name: 'refused before anything was sent',
    ...{ sent: false, reason: 'refused', status: 503 },
    async start(t) {
      const shop = await startUpstream(t, 'shop-2');
      return { address: shop.address, breaks: shop.kill };
    },
  },
  {
    name: 'not accepted in time',
    ...{ sent: false, reason: 'connect-timeout', status: 503 },
    flags: { 'connect-timeout': 150 },
    async start(t) {
      const deaf = await startDeafListener(t);
      const address = { id: 'shop-2', life: 'shop-2#1', host: '127.0.0.1', port: deaf.port };
      return { address, breaks: deaf.goDeaf };
    },
  },
  {
    name: 'reset after it was read',
    ...{ sent: true, reason: 'reset', status: 502 },
    start: broken(async (seen) => {
      await readWhole(seen);
      seen.req.socket.resetAndDestroy();
    }),
  },
  {
    name: 'read and never answered',
    ...{ sent: true, reason: 'first-byte-timeout', status: 504 },
    flags: { 'first-byte-timeout': 300 },
    start: broken((seen) => void readWhole(seen)),
  },
];

type Policy = SettingValue<'retry'>;
const NONE: string[] = [];
/** Which methods are sent again after a failure: before anything was sent, and after. The whole lesson in a table. */
const SENT_AGAIN: Record<Policy, { unsent: string[]; sent: string[] }> = {
  unsent: { unsent: METHODS, sent: NONE },
  off: { unsent: NONE, sent: NONE },
  idempotent: { unsent: METHODS, sent: ['GET', 'PUT', 'DELETE'] },
  reckless: { unsent: METHODS, sent: METHODS },
};

for (const phase of PHASES) {
  test(`a request ${phase.name}: each retry policy and method, how often it is executed and what its client is told`, async (t) => {
    const cluster = await pair(t, phase.start, phase.flags);
    for (const retry of SETTINGS.retry) {
      await cluster.proxy.settings({ retry });
      const told = await Promise.all(METHODS.map(cluster.ask));
      for (const [index, method] of METHODS.entries()) {
        const again = SENT_AGAIN[retry][phase.sent ? 'sent' : 'unsent'].includes(method);
        assert.deepEqual(told[index], expected(phase, again), `${retry} ${method}`);
      }
    }
  });
}

function expected({ sent, reason, status }: Phase, again: boolean) {
  const executed = Number(sent) + Number(again);
  const first = `shop-2:${reason}`;
  // An answer of a replica needs no word on whether it was sent.
  if (again) return { status: 200, executed, attempts: `${first},shop-1:ok`, sent: undefined, pin: 'shop-1' };
  return { status, executed, attempts: first, sent: String(Number(sent)), pin: null };
}

test('a 502 that a replica answers itself is an answer: no policy sends it again, and the proxy claims no failure', async (t) => {
  const answers502 = broken(async (seen) => {
    await readWhole(seen);
    seen.res.writeHead(502).end();
  });
  const cluster = await pair(t, answers502);
  for (const retry of SETTINGS.retry) {
    await cluster.proxy.settings({ retry });
    for (const told of await Promise.all(METHODS.map(cluster.ask))) {
      const expected = { status: 502, executed: 1, attempts: 'shop-2:ok', sent: undefined, pin: null };
      assert.deepEqual(told, expected, retry);
    }
  }
});

for (const affinity of SETTINGS.affinity) {
  test(`affinity ${affinity}: no retry goes to a replica that has failed this request, but for retry-same`, async (t) => {
    const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startUpstream(t, id)));
    const proxy = await startTestProxy(t, { ...BLIND, affinity, upstreams: shops });
    for (const shop of shops) shop.kill();
    for (const deadPin of ['redispatch', 'strict'] as const) {
      await proxy.settings({ deadPin });
      for (const { address } of shops) {
        const answer = await send(proxy.port, { headers: { cookie: `cw_pin=${address.id}; cw_sid=x` } });
        const tried = String(answer.headers['x-attempts']).split(',');
        assert.equal(new Set(tried).size, tried.length, tried.join());
        if (deadPin === 'redispatch') assert.equal(tried.length, 3);
      }
    }
  });
}

/** shop-1 answers; clients are pinned to shop-2, which breaks. */
async function pair(t: TestContext, start: Phase['start'], flags: Partial<ProxyFlags> = {}) {
  const good = await startUpstream(t, 'shop-1');
  const bad = await start(t);
  const proxy = await startTestProxy(t, { ...BLIND, ...flags, upstreams: [good, bad as TestUpstream] });
  if ('breaks' in bad) await bad.breaks();
  let asked = 0;
  const ask = async (method: string) => {
    const path = `/${asked++}`;
    const body = BODILESS.has(method) ? '' : 'pay';
    const answer = await send(proxy.port, { method, path, headers: { cookie: 'cw_pin=shop-2' }, body });
    const seen = [...good.requests, ...('requests' in bad ? bad.requests : [])];
    return {
      status: answer.status,
      executed: seen.filter(({ url }) => url === path).length,
      attempts: answer.headers['x-attempts'],
      sent: answer.headers['x-upstream-sent'],
      pin: pinOf(answer),
    };
  };
  return { proxy, ask };
}
