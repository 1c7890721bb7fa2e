import assert from 'node:assert/strict';
import { test } from 'node:test';
import { booksBalance } from '../scripts/load/exit.ts';
import { mergedHistogram } from '../scripts/load/merge.ts';
import { startLoad } from '../scripts/load/runner.ts';
import { asked, startQuick } from './support/quick-load.ts';
import { openToyShop } from './support/toy-shop.ts';
import { waitFor } from './support/wait.ts';

test('two workers ask for the same things per shopper as one thread does', async (t) => {
  const [one, two] = [await openToyShop(t), await openToyShop(t)];
  const [alone, shared] = await Promise.all([
    startQuick(t, one.url).result,
    startQuick(t, two.url, { workers: 2 }).result,
  ]);
  assert.deepEqual(asked(two.requests), asked(one.requests));
  assert.equal(shared.ops.issued, alone.ops.issued);
  assert.deepEqual(shared.shoppers, alone.shoppers);
  assert.deepEqual(shared.carts, alone.carts);
  assert.equal(booksBalance(shared), true);
  assert.equal(shared.ops.issued, two.requests.length);
  assert.equal(mergedHistogram([shared.latencyMs.hdr]).totalCount, shared.ops.issued);
  assert.equal(shared.verdict, 'valid');
});

test('what workers find comes together: broken carts, examples, marks and the story of the run', async (t) => {
  const { url } = await openToyShop(t, { replicas: 3 });
  const run = startQuick(t, url, { workers: 2, iterations: null, durationMs: null });
  await waitFor('both workers to tell', () => run.progress().shoppersWithCart === 6);
  run.mark('kill shop-1');
  await waitFor('carts that broke after the mark', () => {
    const { lastMark } = run.progress();
    return lastMark?.what === 'kill shop-1' && lastMark.broken > 6;
  });
  run.stop('asked');
  const result = await run.result;
  assert.ok(result.shoppers.hit > 3, 'those of both workers');
  const times = result.examples.map(({ t: atMs }) => atMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
    'the earliest first',
  );
  assert.equal(result.verdict, 'broken');
  assert.match(result.chaos[0]?.what ?? '', /^2 worker threads: a leak/);
  assert.ok((result.chaos[1]?.broken ?? 0) > 6, JSON.stringify(result.chaos));
  const { seconds, lives, flags } = run.story();
  const total = (pick: (second: { ok: number; broken: number }) => number) =>
    seconds.reduce((sum, second) => sum + pick(second), 0);
  assert.equal(
    total(({ ok }) => ok),
    result.ops.ok,
  );
  assert.equal(
    total(({ broken }) => broken),
    result.carts.broken,
  );
  assert.equal(
    lives.reduce((sum, { answers }) => sum + answers, 0),
    result.ops.ok,
  );
  assert.deepEqual(
    flags.map(({ what, broken }) => ({ what, broken })),
    result.chaos.map(({ what, broken }) => ({ what, broken })),
  );
});

test('a signal reaches every worker', async (t) => {
  const { url } = await openToyShop(t);
  const run = startQuick(t, url, { workers: 2, iterations: null, durationMs: 3_600_000 });
  await waitFor('the shoppers', () => run.progress().ops.ok > 20);
  run.stop('SIGINT');
  const result = await run.result;
  assert.equal(booksBalance(result), true);
  assert.equal(result.verdict, 'valid');
});

test('a whale in one of two threads knows how many the others are, and comes to its end', async (t) => {
  const shop = await openToyShop(t);
  await startQuick(t, shop.url, { workers: 2, whale: 0.5, shoppers: 4, iterations: 8 }).result;
  const lists = asked(shop.requests);
  assert.equal(lists.s1?.length, 24, 'as many as the three others together');
});

test('a history with several workers is refused, because it would not be in order of time', () => {
  const options = { url: 'http://127.0.0.1:1', workers: 2, historyFile: '/tmp/never-written.jsonl' };
  assert.throws(() => startLoad(options), /record it with one worker/);
});
