import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMug, type ComposeCluster, SKIP_COMPOSE, startCompose } from '../support/compose.ts';
import { waitFor } from '../support/wait.ts';

test('npm run chaos and npm run mode, from the host, against containers', {
  skip: SKIP_COMPOSE,
}, async (t) => {
  const cluster = await startCompose(t);
  await t.test('kill, and back as a new life', () => killed(cluster));
  await t.test('pause: still there, and silent', () => paused(cluster));
  await t.test('restart', () => restarted(cluster));
  await t.test('scale 3 → 5 → 2 → 3, and nobody fails meanwhile', () => scaled(cluster));
  await t.test('a rolling deploy with a drain replaces every life', () => deployed(cluster));
  await t.test('Redis dies: 503 and no lie; undone, it serves again', () => storeKilled(cluster));
  await t.test('the proxy restarts and keeps its settings and its shops', () => proxyRestarted(cluster));
});

async function chaos(cluster: ComposeCluster, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.script('chaos', ...words);
  assert.equal(code, 0, `chaos ${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

async function killed(cluster: ComposeCluster): Promise<void> {
  assert.match(await chaos(cluster, 'kill', 'shop-2'), /shop-2: replica\.kill done/);
  const states = async () => (await shopsOf(cluster)).map(({ State }) => State.Status).sort();
  // Docker would start one that died by itself.
  assert.deepEqual(await states(), ['exited', 'running', 'running']);
  assert.match(await chaos(cluster, 'status'), /shop-2 +shop-2#1 +exited/);
  assert.match(await chaos(cluster, 'undo'), /undone: replica\.kill shop-2/);
  const { replicas } = await cluster.whole(3);
  assert.equal(replicas?.[1]?.life, 'shop-2#2');
}

async function paused(cluster: ComposeCluster): Promise<void> {
  await chaos(cluster, 'pause', 'shop-1');
  const frozen = async () => (await shopsOf(cluster)).filter(({ State }) => State.Paused).length;
  assert.equal(await frozen(), 1);
  await waitFor('the proxy to notice', async () => {
    const { replicas } = await cluster.state();
    return replicas?.[0]?.state === 'paused' && replicas[0].upstream?.state === 'down';
  });
  await chaos(cluster, 'undo');
  assert.equal(await frozen(), 0);
  await cluster.whole(3);
}

async function restarted(cluster: ComposeCluster): Promise<void> {
  const { replicas: before } = await cluster.whole(3);
  assert.match(await chaos(cluster, 'restart', 'shop-3'), /serves again, .* after the fault/);
  const { replicas } = await cluster.whole(3);
  assert.notEqual(replicas?.[2]?.life, before?.[2]?.life);
}

async function scaled(cluster: ComposeCluster): Promise<void> {
  const traffic = keepShopping(cluster.info.url);
  for (const count of [5, 2, 3]) {
    await chaos(cluster, 'scale', String(count));
    const { replicas } = await cluster.whole(count);
    assert.deepEqual(
      replicas?.map(({ id }) => id),
      Array.from({ length: count }, (_, index) => `shop-${index + 1}`),
    );
    assert.equal((await shopsOf(cluster)).length, count);
  }
  const { ok, failures } = await traffic.stop();
  assert.ok(ok > 0);
  assert.deepEqual(failures, []);
}

async function deployed(cluster: ComposeCluster): Promise<void> {
  const before = (await cluster.whole(3)).replicas?.map(({ life }) => life) ?? [];
  const traffic = keepShopping(cluster.info.url);
  assert.match(
    await chaos(cluster, 'deploy', '--rolling', '--drain', '300ms'),
    /Deploy finished: 3 of 3 replaced/,
  );
  const { failures } = await traffic.stop();
  assert.deepEqual(failures, []);
  const after = (await cluster.whole(3)).replicas?.map(({ life }) => life) ?? [];
  assert.equal(after.filter((life) => before.includes(life)).length, 0, `${before} → ${after}`);
}

async function storeKilled(cluster: ComposeCluster): Promise<void> {
  await cluster.script('mode', 'sessions=redis');
  await waitFor('a cart in Redis', () => addMug(cluster.info.url));
  await chaos(cluster, 'kill', 'redis');
  await assert.rejects(addMug(cluster.info.url), /503 .*store_unavailable/);
  await chaos(cluster, 'undo');
  const undone = performance.now();
  await waitFor('a cart in Redis again', () => addMug(cluster.info.url));
  // With the usual limits of a resolver a shop would still be waiting for the name of the dead one.
  assert.ok(performance.now() - undone < 5000, `${Math.round(performance.now() - undone)} ms`);
}

async function proxyRestarted(cluster: ComposeCluster): Promise<void> {
  await cluster.script('mode', 'affinity=cookie', 'sessions=memory');
  const { settings: before } = await cluster.state();
  await chaos(cluster, 'restart', 'proxy');
  const { settings } = await cluster.whole(3);
  assert.deepEqual(settings, before);
  await addMug(cluster.info.url);
}

const shopsOf = (cluster: ComposeCluster) => cluster.containers('shop');

/** One shopper after the other, until it is told to stop. */
function keepShopping(url: string) {
  const failures: string[] = [];
  let ok = 0;
  let over = false;
  const shopping = (async () => {
    while (!over) {
      await addMug(url).then(
        () => ok++,
        (error: Error) => failures.push(error.message),
      );
    }
  })();
  return {
    async stop() {
      over = true;
      await shopping;
      return { ok, failures };
    },
  };
}
