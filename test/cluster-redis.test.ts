import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultView } from '../apps/agent/contract.ts';
import type { ApiError } from '../lib/api-error.ts';
import { startTestCluster, type TestCluster } from './support/cluster.ts';
import { startRedis, usesEmbeddedRedis } from './support/redis.ts';
import { createBrowser, type Seen } from './support/traffic.ts';
import { waitFor } from './support/wait.ts';

/** A mutation that the store cannot keep is refused within this, and served again within that of its return. */
const REFUSED_MS = 500;
const BACK_MS = 1000;

const inject = (cluster: TestCluster, fault: string, target = 'redis') =>
  cluster.api<FaultView>('POST', '/faults', { fault, target });

const stores = usesEmbeddedRedis() ? (['embedded'] as const) : (['auto', 'embedded'] as const);

/** Each has a cluster of its own. */
describe('the session store', { concurrency: 3 }, () => {
  for (const redis of stores) {
    test(`a session store of its own (${redis}): hurt, and back`, async (t) => {
      const cluster = await startTestCluster(t, { replicas: 2, redis, sessions: 'redis' });
      const shopper = createBrowser(cluster.info.url, 'redis.s1');
      t.after(() => shopper.close());
      t.diagnostic(cluster.info.store);
      assert.match(cluster.info.store, redis === 'embedded' ? /^embedded store/ : /-server [0-9]+\.[0-9]+/);

      await t.test('a killed store: 503 and not 200, quickly, until it is back', async (t) => {
        assert.equal((await shopper.add()).body.cart?.lines.length, 1);
        const { id } = await inject(cluster, 'store.kill');
        const refused: Seen[] = [];
        for (let i = 0; i < 10; i++) refused.push(await shopper.add());
        assertRefused(refused);
        await cluster.api('DELETE', `/faults/${id}`);
        const back = performance.now();
        let acknowledged = 0;
        await waitFor('both shops to serve mutations', async () => {
          const answers = [await shopper.add(), await shopper.add()];
          const served = answers.filter(({ status }) => status === 200).length;
          acknowledged += served;
          return served === 2;
        });
        const tookMs = performance.now() - back;
        t.diagnostic(
          `slowest refusal ${slowest(refused)} ms, usable ${Math.round(tookMs)} ms after its return`,
        );
        assert.equal(tookMs < BACK_MS, true, `${tookMs} ms`);
        // It keeps nothing on disk: what is in the cart is what was acknowledged since, and all of it.
        assert.equal((await shopper.read()).body.cart?.lines.length, acknowledged);
      });

      await t.test(
        'a frozen store: 503 and not 200, quickly; what was kept is there again after it',
        async (t) => {
          const before = (await shopper.add()).body.cart?.lines.map(({ id }) => id) ?? [];
          const { id } = await inject(cluster, 'store.pause');
          const refused: Seen[] = [];
          for (let i = 0; i < 4; i++) refused.push(await shopper.add());
          assertRefused(refused);
          await cluster.api('DELETE', `/faults/${id}`);
          const back = performance.now();
          const answer = await waitFor('both shops to serve reads', async () => {
            const reads = [await shopper.read(), await shopper.read()];
            return reads.every(({ status }) => status === 200) && reads[0];
          });
          const tookMs = performance.now() - back;
          t.diagnostic(
            `slowest refusal ${slowest(refused)} ms, usable ${Math.round(tookMs)} ms after its return`,
          );
          assert.equal(tookMs < BACK_MS, true, `${tookMs} ms`);
          const after = answer.body.cart?.lines.map(({ id }) => id) ?? [];
          assert.deepEqual(
            before.filter((line) => !after.includes(line)),
            [],
            'nothing acknowledged is gone',
          );
        },
      );

      await t.test('a restarted store is empty and serves; one that dies by itself comes back', async () => {
        const fault = await inject(cluster, 'store.restart');
        assert.equal(fault.state, 'done');
        const added = async () => {
          const answer = await shopper.add();
          return answer.status === 200 && answer;
        };
        assert.equal((await waitFor('a served mutation', added)).body.cart?.lines.length, 1);
        const died = (await cluster.state()).store?.member?.life;
        process.kill(cluster.pidOf(redis === 'embedded' ? 'store/embedded.js' : '-server'), 'SIGKILL');
        await waitFor('the next life of the store', async () => {
          const { store } = await cluster.state();
          return store?.member?.state === 'ready' && store.member.life !== died;
        });
        assert.equal((await waitFor('a served mutation of the next life', added)).body.cart?.lines.length, 1);
      });

      await t.test('the other session modes do not need it', async () => {
        const { id } = await inject(cluster, 'store.kill');
        for (const sessions of ['cookie', 'memory'] as const) {
          await cluster.api('PATCH', '/settings', { sessions, affinity: 'cookie' });
          assert.equal((await shopper.add()).status, 200, sessions);
        }
        // A shop that starts meanwhile is not held up either.
        await cluster.api('POST', '/faults', { fault: 'replica.restart', target: 'shop-1' });
        await cluster.whole();
        await cluster.api('DELETE', `/faults/${id}`);
      });
    });
  }

  test('somebody else’s store is used, never hurt, and only our keys are removed from it', async (t) => {
    const redis = await startRedis(t);
    const cluster = await startTestCluster(t, { replicas: 1, redis: redis.url, sessions: 'redis' });
    const shopper = createBrowser(cluster.info.url, 'ext.s1');
    t.after(() => shopper.close());
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    client.on('error', () => {});
    t.after(() => client.disconnect());
    await client.set('theirs', 'stays');
    assert.equal((await shopper.add()).body.cart?.lines.length, 1);
    assert.equal((await client.keys('cw:sess:*')).length, 1);
    const { store } = await cluster.state();
    assert.match(store?.kind ?? '', /\(external\)$/);
    assert.equal(store?.member, null);
    for (const fault of ['store.kill', 'store.pause', 'store.restart']) {
      await assert.rejects(inject(cluster, fault), (error: Error) => {
        assert.equal((error as ApiError).status, 409);
        assert.match(error.message, /runs no store of its own/);
        return true;
      });
    }
    await cluster.api('POST', '/reset', {});
    assert.deepEqual(await client.keys('*'), ['theirs']);
    assert.deepEqual((await shopper.read()).body.cart?.lines, []);
    await redis.kill();
    await assert.rejects(cluster.api('POST', '/reset', {}), /session store cannot be emptied/);
    await redis.restart();
    await cluster.api('POST', '/reset', {});
  });
});

function assertRefused(answers: readonly Seen[]): void {
  assert.deepEqual(
    [...new Set(answers.map(({ status }) => status))],
    [503],
    'refused, and never acknowledged',
  );
  assert.equal(slowest(answers) < REFUSED_MS, true, `slowest refusal: ${slowest(answers)} ms`);
}

const slowest = (answers: readonly Seen[]): number =>
  Math.round(Math.max(...answers.map(({ beganMs, endedMs }) => endedMs - beganMs)));
