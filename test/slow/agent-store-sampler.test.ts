import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readInfo, type StoreSample, sampleOf } from '../../apps/agent/store/info.ts';
import { createStoreClient } from '../../apps/agent/store-client.ts';
import { startStoreSampler } from '../../apps/agent/store-sampler.ts';
import { startRedis, usesEmbeddedRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

const EVERY_MS = 40;

/** A sampler at a pace for tests, and all it told. */
function startSampler(t: TestContext, url: string) {
  const samples: StoreSample[] = [];
  const state = { ready: true, turns: 0 };
  const sampler = startStoreSampler({
    url,
    isReady() {
      state.turns += 1;
      return state.ready;
    },
    onSample: (sample) => void samples.push(sample),
    everyMs: EVERY_MS,
  });
  t.after(() => sampler.close());
  return { samples, state, sampler, newest: () => samples.at(-1) };
}

const INFO = [
  ...['# Memory', 'used_memory:1000000', 'used_memory_human:977K', '', '# Stats'],
  ...[
    'total_commands_processed:500',
    '',
    '# Keyspace',
    'db0:keys=41,expires=41,avg_ttl=1',
    'db2:keys=1,expires=0',
  ],
].join('\r\n');

test('what a store says of itself is read, and what it does not say is null', () => {
  assert.deepEqual(readInfo(INFO), { keys: 42, commands: 500, usedBytes: 1_000_000 });
  assert.deepEqual(readInfo('# Keyspace\r\n'), { keys: 0, commands: null, usedBytes: null });
  assert.deepEqual(readInfo('nonsense'), { keys: null, commands: null, usedBytes: null });
  assert.equal(readInfo('used_memory:0').usedBytes, null, 'nothing runs without memory');
});

test('operations are what others did; a counter that stands still or began anew tells nothing', () => {
  const at = (commands: number | null) => ({ keys: 1, commands, usedBytes: null });
  const over = { seconds: 2, own: 1 };
  assert.equal(sampleOf(at(100), at(121), over).opsPerSecond, 10);
  assert.equal(sampleOf(at(100), at(101), over).opsPerSecond, 0, 'only us');
  assert.equal(sampleOf(at(0), at(0), over).opsPerSecond, null, 'it did not even count us');
  assert.equal(sampleOf(at(100), at(3), over).opsPerSecond, null);
  assert.equal(sampleOf(at(null), at(3), over).opsPerSecond, null);
});

test('how full a store is, is told when it changes and not otherwise', async (t) => {
  const redis = await startRedis(t);
  const { command } = createStoreClient('server', redis.url);
  const { samples, newest } = startSampler(t, redis.url);
  await waitFor('the empty store', () => newest()?.keys === 0);
  for (const cart of ['a', 'b', 'c']) await command(['SET', cart, 'mug']);
  await waitFor('three keys', () => newest()?.keys === 3);
  await command(['DEL', 'a']);
  await waitFor('two keys', () => newest()?.keys === 2);
  for (const [index, sample] of samples.entries()) assert.notDeepEqual(sample, samples[index - 1]);
  if (usesEmbeddedRedis()) {
    assert.deepEqual(newest(), { keys: 2, opsPerSecond: null, usedBytes: null }, 'it counts neither');
  } else {
    assert.ok((newest()?.usedBytes ?? 0) > 100_000);
    await waitFor('quiet', () => newest()?.opsPerSecond === 0);
    await Promise.all(Array.from({ length: 40 }, () => command(['GET', 'b'])));
    await waitFor('operations', () => samples.some(({ opsPerSecond }) => (opsPerSecond ?? 0) > 20));
  }
});

test('a frozen store is waited for no longer than the limit, and read again when it thaws', async (t) => {
  const redis = await startRedis(t);
  const { newest, state } = startSampler(t, redis.url);
  await waitFor('a sample', () => newest()?.keys === 0);
  redis.pause();
  const { turns } = state;
  // The first may have been answered before the freeze; the next comes when the one before has been given up.
  await waitFor('three turns', () => state.turns >= turns + 3);
  redis.resume();
  await createStoreClient('server', redis.url).command(['SET', 'a', 'mug']);
  await waitFor('one key', () => newest()?.keys === 1);
});

/** A store that counts who connects, and to all it is asked gives one answer, or none. */
async function openFake(t: TestContext, answer: string) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.on('data', (bytes) => {
      for (const _command of bytes.toString().matchAll(/^\*/gm)) socket.write(answer);
    });
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `redis://127.0.0.1:${port}`, sockets, open: () => sockets.filter((one) => !one.destroyed) };
}

test('a store that never answers costs one connection at a time, and none when it is not ready', async (t) => {
  const deaf = await openFake(t, '');
  const { state, samples, sampler } = startSampler(t, deaf.url);
  await waitFor('a second try', () => deaf.sockets.length >= 2);
  assert.ok(deaf.open().length <= 2, 'the one before is let go');
  state.ready = false;
  await waitFor('nobody connected', () => deaf.open().length === 0);
  const tries = deaf.sockets.length;
  state.ready = true;
  await waitFor('another try', () => deaf.sockets.length > tries);
  sampler.close();
  await waitFor('nobody connected', () => deaf.open().length === 0);
  assert.deepEqual(samples, []);
});

test('a store that is gone is no error, and its next life is told anew', async (t) => {
  const redis = await startRedis(t);
  const { command } = createStoreClient('server', redis.url);
  await command(['SET', 'a', 'mug']);
  const { newest, samples } = startSampler(t, redis.url);
  await waitFor('one key', () => newest()?.keys === 1);
  await redis.restart();
  await waitFor('an empty store', () => newest()?.keys === 0);
  assert.ok(samples.every(({ opsPerSecond }) => opsPerSecond === null || opsPerSecond >= 0));
});

test('what does not change is told once, and a store that is not ready is left alone', async (t) => {
  const store = await openFake(t, `$${INFO.length}\r\n${INFO}\r\n`);
  const { state, samples } = startSampler(t, store.url);
  await waitFor('ten turns', () => state.turns >= 10);
  const sample = { keys: 42, opsPerSecond: null, usedBytes: 999_424 };
  assert.deepEqual(samples, [sample]);
  assert.equal(store.sockets.length, 1, 'one connection for all of it');
  state.ready = false;
  await waitFor('nobody connected', () => store.open().length === 0);
  state.ready = true;
  await waitFor('the news after the pause', () => samples.length === 2);
  assert.deepEqual(samples, [sample, sample]);
});
