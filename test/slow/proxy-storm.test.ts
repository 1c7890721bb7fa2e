import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callApi } from '../../lib/call.ts';
import type { Settings } from '../../proxy/contract.ts';
import { randomOf } from '../../scripts/load/random.ts';
import { type ProxyProcess, startProxyProcess } from '../support/proxy-process.ts';
import { askInStorm } from '../support/storm-crowd.ts';
import { StormOperator } from '../support/storm-operator.ts';
import { StormRules } from '../support/storm-rules.ts';
import { type StormShops, startStormShops } from '../support/storm-shops.ts';
import { waitFor } from '../support/wait.ts';

/** STORM_SEED=7 node --import tsx --test test/slow/proxy-storm.test.ts: the same decisions, though not at the same instants. */
const SEED = Number(process.env.STORM_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Whichever is over first ends a leg. */
const LEGS = 2;
const REQUESTS = Number(process.env.STORM_REQUESTS ?? 50_000) / LEGS;
const LEG_MS = Number(process.env.STORM_MS ?? 18_000) / LEGS;
const CLIENTS = 40;
const IDS = ['shop-1', 'shop-2', 'shop-3', 'shop-4', 'shop-5'];
/** What may differ between two legs of a proxy that leaks nothing: the second fills what is bounded a little further. */
const HEAP_MIB = 4;

/** Small limits and short times, so that each of them is reached again and again. */
const FLAGS = [
  ...['--check-fast', '20ms', '--check-interval', '100ms', '--check-timeout', '300ms'],
  ...['--connect-timeout', '300ms', '--first-byte-timeout', '400ms', '--idle-timeout', '400ms'],
  ...['--upstream-limit', '8', '--queue-limit', '6', '--queue-timeout', '300ms', '--drain-deadline', '300ms'],
  ...['--eject-after', '3', '--eject-time', '100ms', '--slow-start-time', '300ms'],
  ...['--pin-max-idle', '2s', '--pin-max-life', '4s', '--table-size', '500', '--table-ttl', '2s'],
];

test('a storm of settings, deaths and clients that leave breaks no rule and leaves nothing behind', async (t) => {
  t.diagnostic(`STORM_SEED=${SEED}`);
  const proxy = await startProxyProcess(t, FLAGS);
  const shops = await startStormShops(IDS, randomOf(SEED, 0, 1));
  t.after(() => shops.end());
  await proxy.place(shops.addresses);
  const rules = new StormRules();
  rules.know(await callApi<Settings>(`${proxy.controlUrl}/settings`));
  const operator = new StormOperator(proxy.controlUrl, shops, rules, randomOf(SEED, 0, 2));
  const heaps: number[] = [];
  for (let leg = 0; leg < LEGS; leg++) {
    const endsMs = performance.now() + LEG_MS;
    const working = operator.work();
    const ends = await askInStorm({
      ...{ port: proxy.port, clients: CLIENTS, random: randomOf(SEED, leg, 3), name: `${leg}` },
      epoch: () => rules.epoch,
      lives: () => rules.lives,
      isOver: (begun) => begun >= REQUESTS || performance.now() > endsMs,
      onFate: (fate) => rules.answered(fate),
    });
    operator.rest();
    await working;
    await proxy.idle();
    const { heapMiB, timers, sockets } = await proxy.holdings();
    heaps.push(heapMiB);
    t.diagnostic(
      `${ends.begun} requests, ${ends.aborted} aborted, ${ends.broken} broken, ${operator.changes} changes; heap ${heapMiB.toFixed(1)} MiB, ${timers} timers, ${sockets} sockets`,
    );
    assert.deepEqual(ends.hung, []);
  }
  t.diagnostic(`answers: ${JSON.stringify(Object.fromEntries(rules.statuses))}`);
  const wrong = rules.judge(shops.executed);
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} in all`);
  assert.ok((heaps[1] ?? 0) < (heaps[0] ?? 0) + HEAP_MIB, `heap of ${heaps} MiB`);
  await leavesNothing(proxy, shops);
});

async function leavesNothing(proxy: ProxyProcess, shops: StormShops): Promise<void> {
  const metrics = await (await fetch(`${proxy.controlUrl}/metrics`)).text();
  const left = metrics.match(/^cartwreck_(queue_length|streams_open)\{.*\} [1-9].*$/gm);
  assert.equal(left, null);
  await shops.end();
  const own = 2;
  await waitFor('no connection to anybody', async () => (await proxy.holdings()).sockets <= own);
  assert.deepEqual((await proxy.holdings()).defects, []);
  assert.equal(proxy.exitCode(), null);
  assert.equal(proxy.errors(), '');
}
