import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { FaultRequest, FaultView } from '../../apps/agent/contract.ts';
import { callApi } from '../../lib/call.ts';
import type { LinkView, UpstreamView } from '../../proxy/contract.ts';
import {
  type ComposeCluster,
  docker,
  type Inspected,
  inContainer,
  SKIP_COMPOSE,
  startCompose,
} from '../support/compose.ts';
import { waitFor } from '../support/wait.ts';

/**
 * The crash matrix over containers: {SIGTERM, SIGKILL of the agent} × faults. The cluster outlives its agent here, so it
 * must be as before without one: on SIGTERM the agent undoes, after a SIGKILL the reaper does. Looked at with Docker's
 * own eyes and the proxy's, while no agent runs.
 */
const FAULTS: FaultRequest[] = [
  { fault: 'replica.pause', target: 'shop-1' },
  { fault: 'replica.partition', target: 'shop-1' },
  { fault: 'link.latency', target: 'shop-1', with: { latencyMs: 400 } },
  { fault: 'replica.kill', target: 'shop-1' },
  { fault: 'store.pause' },
  { fault: 'replica.stop', target: 'shop-1,shop-3' },
];
const MENDED = { timeoutMs: 30_000 };

for (const order of ['stop', 'kill'] as const) {
  test(`the crash matrix over containers: docker ${order} of the agent`, {
    skip: SKIP_COMPOSE,
  }, async (t) => {
    const cluster = await startCompose(t);
    await cluster.whole(3);
    const before = await snapshot(cluster);
    /** The agent ends, everything is as before without one, and the next finds nothing left. */
    const outlived = async (t: TestContext) => {
      const ended = performance.now();
      await endAgent(cluster, order);
      try {
        const isAsBefore = async () => same(await snapshot(cluster), before);
        await waitFor('the cluster to be as before', isAsBefore, MENDED).catch(async () =>
          assert.deepEqual(await snapshot(cluster), before),
        );
        t.diagnostic(`as before ${Math.round(performance.now() - ended)} ms later, without an agent`);
      } finally {
        await startAgent(cluster);
      }
      assert.deepEqual((await cluster.state()).faults, [], 'there was nothing left for the next agent');
    };
    for (const request of FAULTS) {
      await t.test(request.fault, async (t) => {
        await giveOrder(cluster, 'POST', '/faults', request);
        assert.ok(!same(await snapshot(cluster), before), 'the fault is seen');
        await outlived(t);
      });
    }
    await t.test('a rolling deploy in the middle', async (t) => {
      await giveOrder(cluster, 'POST', '/deploys', { drain: '20s' });
      await waitFor('a shop to be draining', async () => !same(await snapshot(cluster), before));
      await outlived(t);
    });
  });
}

test('a replica that dies by itself under a fault comes back, and its undo mends the rest', {
  skip: SKIP_COMPOSE,
}, async (t) => {
  const cluster = await startCompose(t);
  await cluster.whole(3);
  const before = await snapshot(cluster);
  for (const request of FAULTS.filter(
    ({ fault }) => fault === 'replica.partition' || fault === 'link.latency',
  )) {
    await t.test(request.fault, async () => {
      const { id } = (await giveOrder(cluster, 'POST', '/faults', request)) as FaultView;
      const lastLife = (await cluster.state()).replicas?.[0]?.life;
      await dieInside(cluster);
      await waitFor(
        'its next life',
        async () => {
          const shop = (await cluster.state()).replicas?.find((replica) => replica.id === 'shop-1');
          return shop?.state === 'ready' && shop.life !== lastLife;
        },
        MENDED,
      );
      await giveOrder(cluster, 'DELETE', `/faults/${id}`);
      await waitFor('the cluster to be as before', async () => same(await snapshot(cluster), before), MENDED);
    });
  }
});

const giveOrder = ({ info }: ComposeCluster, method: 'POST' | 'DELETE', path: string, body?: unknown) =>
  callApi(`${info.consoleUrl}/api${path}`, {
    method,
    token: info.token,
    timeoutMs: 30_000,
    ...(body === undefined ? {} : { body }),
  });

async function endAgent(cluster: ComposeCluster, order: 'stop' | 'kill'): Promise<void> {
  const [agent] = (await cluster.containers('agent')) as [Inspected];
  await docker(order, agent.Id);
}

async function startAgent(cluster: ComposeCluster): Promise<void> {
  const [agent] = (await cluster.containers('agent')) as [Inspected];
  await docker('start', agent.Id);
  await cluster.whole(3);
}

/** What a fault may change, lives apart: containers as Docker has them, links and upstreams as the proxy has them. */
async function snapshot(cluster: ComposeCluster) {
  const containers = [...(await cluster.containers('shop')), ...(await cluster.containers('redis'))];
  const [proxy] = (await cluster.containers('proxy')) as [Inspected];
  const links = await ask<LinkView[]>(proxy, '/links');
  const upstreams = await ask<UpstreamView[]>(proxy, '/upstreams');
  return {
    containers: containers.map(({ Name, State }) => `${Name} ${State.Status}`).sort(),
    hurt: links.filter(({ toxics }) => Object.keys(toxics).length > 0),
    upstreams: upstreams.map(({ id, state, admin }) => `${id} ${state} ${admin}`).sort(),
  };
}

const ask = async <T>(proxy: Inspected, path: string): Promise<T> =>
  JSON.parse(
    await inContainer(
      proxy.Id,
      'fetch(process.argv[1]).then((r) => r.text()).then((text) => console.log(text))',
      `http://proxy-control:8081${path}`,
    ),
  ) as T;

const same = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);

/** shop-1 as it dies of a defect of its own: Docker starts it again, which it does not after a `docker kill`. */
async function dieInside(cluster: ComposeCluster): Promise<void> {
  const shops = await cluster.containers('shop');
  const first = shops.find(({ Name }) => /shop[-_]1$/.test(Name)) as Inspected;
  const program = `
    const { readdirSync, readFileSync } = require('node:fs');
    const others = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && !['1', String(process.pid)].includes(name));
    const commandOf = (pid) => { try { return readFileSync('/proc/' + pid + '/cmdline', 'utf8'); } catch { return ''; } };
    for (const pid of others) if (commandOf(pid).includes('apps/cart/main')) process.kill(Number(pid), 'SIGKILL');
  `;
  // The container may be gone before its answer.
  await inContainer(first.Id, program).catch(() => {});
}
