import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DeployView, FaultPlan, FaultView } from '../../apps/agent/contract.ts';
import { ApiError } from '../../lib/api-error.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { kernelState } from '../support/power-agent.ts';
import { story } from '../support/stream.ts';
import { waitFor } from '../support/wait.ts';

const refused = (status: number, code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ApiError, `expected an ApiError, got ${error}`);
  assert.deepEqual([error.status, error.code], [status, code]);
  assert.match(error.message, message);
  return true;
};

const inject = (cluster: TestCluster, body: object) => cluster.api<FaultView>('POST', '/faults', body);

/** What the agent has noted on disk. */
const noted = ({ base, info }: TestCluster) => readdirSync(join(base, info.name, 'faults'));

/** Everything of the cluster that a fault may change, the processes as the kernel has them. */
async function snapshot(cluster: TestCluster) {
  const { replicas, store, faults, armed } = await cluster.state();
  return {
    replicas: replicas?.map((one) => [one.id, one.state, kernelState(one) === 'T', one.upstream?.state]),
    store: store?.member && [store.member.state, kernelState(store.member) === 'T'],
    open: faults.filter(({ state }) => state === 'active' || state === 'injecting').length,
    noted: noted(cluster).filter((name) => name.endsWith('.json')),
    armed,
  };
}

test('faults are safe to play with', async (t) => {
  const cluster = await startTestCluster(t, { replicas: 3 });
  const before = await snapshot(cluster);
  const unharmed = async () => assert.deepEqual(await snapshot(cluster), before);

  await t.test('a dry run names the victims and the calls, and touches nothing', async () => {
    const body = { fault: 'replica.kill', target: { mode: 'fixed', value: 2, where: 'newest' } };
    const plan = await cluster.api<FaultPlan>('POST', '/faults', { ...body, dryRun: true });
    assert.equal(plan.targets.length, 2);
    assert.deepEqual(
      plan.calls,
      plan.targets.map((id) => `SIGKILL ${id}`),
    );
    const byQuery = await cluster.api<FaultPlan>('POST', '/faults?dry', {
      fault: 'store.kill',
      target: 'redis',
    });
    assert.deepEqual([byQuery.calls, byQuery.undo], [['SIGKILL redis'], 'starts it again, empty']);
    await unharmed();
    assert.deepEqual((await cluster.state()).faults, []);
  });

  await t.test('a fault of many targets is one fault, with one undo', async () => {
    const view = await inject(cluster, { fault: 'replica.kill', target: '60%' });
    assert.equal(view.targets.length, 1, 'rounded down');
    const all = await inject(cluster, { fault: 'replica.pause', target: 'all' });
    assert.equal(all.targets.length, 2, 'all that are ready');
    const { replicas } = await cluster.state();
    assert.equal(replicas?.filter((one) => kernelState(one) === 'T').length, 2);
    await assert.rejects(
      inject(cluster, { fault: 'replica.kill', target: 'random' }),
      refused(409, 'no_target', /no shop is ready/),
    );
    for (const { id } of [all, view]) await cluster.api('DELETE', `/faults/${id}`);
    await cluster.whole();
    await unharmed();
  });

  await t.test(
    'the replica that holds the most, the whale, or a given session is found by asking',
    async () => {
      const held = await holdings(cluster);
      for (const [target, id] of held) {
        const plan = await cluster.api<FaultPlan>('POST', '/faults', {
          fault: 'replica.kill',
          target,
          dryRun: true,
        });
        assert.deepEqual([target, plan.targets], [target, [id]]);
      }
      await cluster.api('PATCH', '/settings', { sessions: 'redis' });
      const nobody = inject(cluster, { fault: 'replica.kill', target: 'whale' });
      await assert.rejects(nobody, refused(409, 'no_target', /no replica holds carts in mode redis/));
      await cluster.api('POST', '/reset', {});
    },
  );

  await t.test('what shoppers are to do needs a load', async () => {
    const nat = { fault: 'client.shared-nat', with: { ips: 2 } };
    await assert.rejects(inject(cluster, nat), refused(409, 'no_load', /npm run load/));
    await cluster.api('POST', '/load', { shoppers: 2, duration: '30s' });
    await waitFor('the load to report', async () => (await cluster.state()).load);
    const view = await inject(cluster, nat);
    assert.deepEqual([view.target, view.targets, view.with], ['clients', [], { ips: 2 }]);
    const told = await story(t, cluster, ({ type }) => type === 'fault.injected' && true);
    assert.ok(told);
    await cluster.api('DELETE', `/faults/${view.id}`);
    await cluster.api('DELETE', '/load');
  });

  await t.test(
    'the emergency stop undoes three faults and a deploy under way, and keeps it so until armed',
    async (t) => {
      await emergency(t, cluster);
      await cluster.whole();
      await unharmed();
      await inject(cluster, { fault: 'replica.restart', target: 'shop-1' });
      await cluster.whole();
    },
  );

  await t.test('a surge never has fewer shops than before, all at once has none', async () => {
    await deployed(cluster, { strategy: 'surge' });
    const surged = (await cluster.whole()).replicas ?? [];
    assert.deepEqual(
      surged.map(({ id }) => id),
      ['shop-1', 'shop-2', 'shop-4'],
      'the new ones take the free names',
    );
    assert.ok(
      surged.every(({ life }) => life !== 'shop-1#1' && life !== 'shop-2#1'),
      'and no life of before',
    );
    const { replaced } = await deployed(cluster, { strategy: 'recreate-all' });
    assert.equal(replaced, 3);
    await cluster.api('POST', '/reset', {});
    const first = (await cluster.whole()).replicas?.map(({ id }) => id);
    assert.deepEqual(first, ['shop-1', 'shop-2', 'shop-3'], 'a reset gives the first names back');
    const wrong = cluster.api('POST', '/deploys', { strategy: 'recreate-all', drain: '1s' });
    await assert.rejects(wrong, refused(400, 'refused', /takes no drain/));
  });

  await t.test('deploy and scale are faults too', async () => {
    const out = await inject(cluster, { fault: 'scale.out', with: { by: 1 } });
    assert.equal((await cluster.whole()).replicas?.length, 4);
    const inn = await inject(cluster, { fault: 'scale.in', with: { by: 2, victim: 'oldest' } });
    assert.equal((await cluster.whole()).replicas?.length, 2);
    await cluster.api('DELETE', `/faults/${inn.id}`);
    assert.equal((await cluster.whole()).replicas?.length, 4);
    await cluster.api('DELETE', `/faults/${out.id}`);
    assert.equal((await cluster.whole()).replicas?.length, 3);
    const lives = (await cluster.state()).replicas?.map(({ life }) => life);
    assert.equal((await inject(cluster, { fault: 'deploy.rolling' })).state, 'done');
    const after = (await cluster.whole()).replicas?.map(({ life }) => life);
    assert.ok(
      after?.every((life) => !lives?.includes(life)),
      `${after}`,
    );
  });
});

async function deployed(cluster: TestCluster, body: object): Promise<DeployView> {
  await cluster.api('POST', '/deploys', body);
  return waitFor('the deploy to be over', async () => {
    const { deploy } = await cluster.state();
    return deploy && deploy.state !== 'running' && deploy;
  });
}

async function emergency(t: TestContext, cluster: TestCluster): Promise<void> {
  await cluster.api('POST', '/deploys', { drain: '30s' });
  await inject(cluster, { fault: 'replica.pause', target: 'shop-2' });
  await inject(cluster, { fault: 'replica.kill', target: 'shop-3' });
  await inject(cluster, { fault: 'store.pause', target: 'redis' });
  assert.deepEqual(noted(cluster).length, 4, 'three faults and a deploy');
  const asked = performance.now();
  const { undone } = await cluster.api<{ undone: number }>('POST', '/stop', {});
  t.diagnostic(`stopped and mended in ${Math.round(performance.now() - asked)} ms`);
  assert.equal(undone, 3);
  const { deploy, armed, faults } = await cluster.state();
  assert.deepEqual([deploy?.state, armed], ['failed', false]);
  assert.deepEqual(
    faults.slice(-3).map(({ state }) => state),
    ['undone', 'undone', 'undone'],
  );
  const kill = { fault: 'replica.kill', target: 'shop-1' };
  await assert.rejects(inject(cluster, kill), refused(409, 'stopped', /npm run chaos -- arm/));
  await assert.rejects(cluster.api('POST', '/deploys', {}), refused(409, 'stopped', /./));
  const plan = cluster.api('POST', '/faults', { ...kill, dryRun: true });
  await assert.rejects(plan, refused(409, 'stopped', /./));
  await cluster.whole();
  await cluster.api('POST', '/arm', {});
  const told = (await story(t, cluster, ({ type }) => type === 'cluster.armed')).map(({ type }) => type);
  assert.equal(told.filter((type) => type === 'cluster.stopped').length, 1);
}

/** One cart of five lines at one shop, more carts than anywhere else at another: who each target must find. */
async function holdings(cluster: TestCluster): Promise<[target: string, id: string][]> {
  await cluster.api('PATCH', '/settings', { affinity: 'cookie' });
  const first = await shop(cluster, 1);
  const whale = await shop(cluster, 5);
  const carts = new Map([first, whale].map(({ servedBy }) => [servedBy, 1]));
  const fullest = await waitFor('another shop to have the most carts', async () => {
    const { servedBy } = await shop(cluster, 1);
    carts.set(servedBy, (carts.get(servedBy) ?? 0) + 1);
    const [most, next] = [...carts].sort(([, a], [, b]) => b - a);
    return most && most[1] > (next?.[1] ?? 0) && most[0] !== whale.servedBy && most[0];
  });
  return [
    ['whale', whale.servedBy],
    ['most-carts', fullest],
    [`session:${whale.session}`, whale.servedBy],
  ];
}

/** A shopper with so many lines in the cart. */
async function shop(cluster: TestCluster, lines: number): Promise<{ servedBy: string; session: string }> {
  const jar = new Map<string, string>();
  let servedBy = '';
  for (let line = 1; line <= lines; line++) {
    const answer = await fetch(`${cluster.info.url}/api/cart/lines`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-op-id': `t.s${Math.random().toString(36).slice(2, 8)}.${line}`,
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      body: JSON.stringify({ sku: 'mug', qty: 1 }),
    });
    ({ servedBy } = (await answer.json()) as { servedBy: string });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=');
      jar.set(name, value);
    }
  }
  // The id is what stands between "s:" and the signature.
  const [, session = ''] = /^s:([^.]+)/.exec(decodeURIComponent(jar.get('cw_sid') ?? '')) ?? [];
  return { servedBy, session };
}
