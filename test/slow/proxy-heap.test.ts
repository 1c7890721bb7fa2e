import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callApi } from '../../lib/call.ts';
import type { UpstreamAddress } from '../../proxy/contract.ts';
import { askHastily } from '../support/hasty-client.ts';
import { startProcess } from '../support/process.ts';
import type { Holdings } from '../support/proxy-child.ts';
import { type ProxyProcess, startProxyProcess } from '../support/proxy-process.ts';
import { waitFor } from '../support/wait.ts';

/** HEAP_REQUESTS=1000000 node --import tsx --test test/slow/proxy-heap.test.ts */
const REQUESTS = Number(process.env.HEAP_REQUESTS ?? 100_000);
/** The first two of them compile, connect, and fill what is bounded: the ring of events, the window of times, the table. */
const LEGS = 5;
const AFFINITIES = ['cookie', 'table'];
const CONNECTIONS = 32;
const ABORT_SHARE = 0.05;
/** One every second or two. */
const REQUESTS_PER_KILL = 5000;
/** What may differ between two legs of a proxy that leaks nothing. */
const HEAP_MIB = 2;
/** Idle connections to replicas are kept: to each as many as there were requests at the same time. */
const SOCKETS = 3 * CONNECTIONS;
const TIMERS = 20;
/** Sockets, those on their way out, and what any process has open. */
const FILES = SOCKETS + 50;

test('heap, sockets and timers stay flat while clients leave and replicas are killed', async (t) => {
  const proxy = await startProxyProcess(t, []);
  const replicas = await startReplicas(t, proxy, ['shop-1', 'shop-2', 'shop-3']);
  t.diagnostic(`${wordsOf(await proxy.holdings())} before the first request`);
  const legs: Holdings[] = [];
  for (let leg = 0; leg < LEGS; leg++) {
    const affinity = AFFINITIES[leg % AFFINITIES.length];
    await callApi(`${proxy.controlUrl}/settings`, { method: 'PATCH', body: { affinity } });
    let kills = Promise.resolve();
    let killed = 0;
    const kill = () => {
      killed++;
      kills = kills.then(replicas.killNext);
    };
    const crowd = await askHastily({
      port: proxy.port,
      connections: CONNECTIONS,
      requests: REQUESTS / LEGS,
      abortShare: ABORT_SHARE,
      onProgress: (done) => void (done % REQUESTS_PER_KILL === 0 && kill()),
    });
    await kills;
    await proxy.idle();
    // Node tells a server of its idle connections' end a moment after the client knows.
    await waitFor('the clients to be gone', async () => (await proxy.holdings()).sockets <= SOCKETS);
    const holds = await proxy.holdings();
    legs.push(holds);
    t.diagnostic(
      `${wordsOf(holds)} after ${Math.round((REQUESTS / LEGS) * (leg + 1))} requests, ${affinity}: ${JSON.stringify([...crowd.answers])}, ${crowd.aborted} aborted, ${crowd.broken} broken, ${killed} killed`,
    );
    assert.ok((crowd.answers.get(200) ?? 0) > (REQUESTS / LEGS) * 0.8, 'most were answered');
  }
  const [, second, ...later] = legs;
  for (const holds of later) {
    assert.ok(holds.heapMiB <= (second?.heapMiB ?? 0) + HEAP_MIB, `heap grew to ${holds.heapMiB} MiB`);
    assert.ok(holds.timers <= (second?.timers ?? 0) + TIMERS, `${holds.timers} timers`);
    assert.ok(holds.files <= FILES, `${holds.files} files`);
    assert.ok(holds.sockets <= SOCKETS, `${holds.sockets} sockets`);
    assert.equal(holds.requests, 0);
    assert.deepEqual(holds.defects, []);
  }
  assert.equal(proxy.errors(), '');
});

const wordsOf = ({ heapMiB, rssMiB, sockets, timers, requests, files }: Holdings): string =>
  `heap ${heapMiB.toFixed(2)} MiB, rss ${rssMiB.toFixed(0)} MiB, ${sockets} sockets, ${timers} timers, ${requests} requests under way, ${files} files`;

/** Replicas as processes of their own, so that they can be killed as a whole. */
async function startReplicas(t: TestContext, proxy: ProxyProcess, ids: readonly string[]) {
  const lives = new Map<string, number>();
  const running = new Map<string, ReturnType<typeof startProcess>>();
  const addresses = new Map<string, UpstreamAddress>();
  const start = async (id: string) => {
    const life = (lives.get(id) ?? 0) + 1;
    lives.set(id, life);
    const replica = startProcess(t, ['scripts/bench/canned.ts']);
    running.set(id, replica);
    addresses.set(id, {
      id,
      life: `${id}#${life}`,
      host: '127.0.0.1',
      port: await replica.message<number>(),
    });
  };
  await Promise.all(ids.map(start));
  await proxy.place([...addresses.values()]);
  let turn = 0;
  return {
    /** Kills one after the other; each comes back as a new life on another port, as an agent would have it. */
    async killNext(): Promise<void> {
      const id = ids[turn++ % ids.length] ?? '';
      const replica = running.get(id);
      replica?.child.kill('SIGKILL');
      await replica?.exit();
      await start(id);
      await proxy.place([...addresses.values()]);
    },
  };
}
