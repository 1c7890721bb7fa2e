import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterEvent, ClusterState, RunSummary, RunView, Scene } from '../../apps/console/contract.ts';
import { play } from '../../apps/console/runs/left.ts';
import { readRecording } from '../../apps/console/runs/recording.ts';
import { applyToState } from '../../apps/console/scene/apply-state.ts';
import { captionOf } from '../../apps/console/scene/caption.ts';
import type { Stamped } from '../../lib/event-log.ts';
import { followEvents } from '../../lib/sse.ts';
import type { ShopResult } from '../../scripts/load/contract.ts';
import { BUSY, runScript, scratch, startTestCluster, type TestCluster } from '../support/cluster.ts';
import { waitFor } from '../support/wait.ts';

const SHOPPERS = 20;

/** A load as somebody types it; resolves to its own result when `end` was called. */
function startLoad(t: TestContext, cluster: TestCluster, seconds: number) {
  const file = join(scratch(t), 'result.json');
  const args = ['--shoppers', SHOPPERS, '--duration', `${seconds}s`, '--think', '20ms-120ms', '--quiet'];
  const done = runScript('load', [...args.map(String), '--summary-export', file], { base: cluster.base });
  return {
    async result(): Promise<ShopResult> {
      const { stderr } = await done;
      return JSON.parse(
        await readFile(file, 'utf8').catch((error) => assert.fail(`${error}\n${stderr}`)),
      ) as ShopResult;
    },
  };
}

const scene = async (cluster: TestCluster): Promise<Scene> => (await cluster.state()).scene;

const everybodyHasACart = (cluster: TestCluster) =>
  waitFor('everybody to have a cart', async () => (await scene(cluster)).now.carts >= SHOPPERS - 3, BUSY);

test('load, kill: the scene says what the load says, and its recording plays to the same end', async (t) => {
  const cluster = await startTestCluster(t, { affinity: 'cookie', sessions: 'memory' });
  const page = followLive(t, cluster, await cluster.state());
  const load = startLoad(t, cluster, 12);
  await everybodyHasACart(cluster);
  // Counted once a second, by the proxy's health checks.
  await waitFor(
    'the sessions of shop-2 to be counted',
    async () => ((await scene(cluster)).books.counted['shop-2'] ?? 0) > 0,
    BUSY,
  );
  await cluster.api<FaultView>('POST', '/faults', { fault: 'replica.kill', target: 'shop-2' });
  const result = await load.result();
  const state = await waitFor(
    'the last word of the load',
    async () => {
      const now = await cluster.state();
      return now.load?.done && now.scene.run?.endedAt !== null && now;
    },
    BUSY,
  );
  const { impact, floor, deaths, run, robots, now } = state.scene;
  assert.ok(impact && run);
  assert.equal(run.id, result.run);
  assert.equal(Object.keys(robots).length, SHOPPERS);
  assert.deepEqual([now.carts, now.broken], [sum(state), state.load?.now.broken]);

  const mark = result.chaos.find(({ what }) => what.startsWith('replica.kill'));
  assert.ok(mark && impact.fromTargets > 0, JSON.stringify({ mark, impact }));
  // The load counts carts, and one shopper may lose two; the blast radius counts shoppers.
  assert.ok(impact.broken <= mark.broken, `${impact.broken} shoppers, ${mark.broken} carts`);
  assert.ok(impact.carts <= SHOPPERS && impact.carts >= SHOPPERS / 2, `${impact.carts} carts`);
  assert.deepEqual([impact.what, impact.targets], ['Kill shop-2', ['shop-2']]);

  const [death] = deaths;
  assert.deepEqual([death?.life, death?.how], ['shop-2#1', 'killed']);
  // Counted up to a second before the end: what shoppers miss beyond that was there as well.
  assert.ok(floor.lost >= (death?.sessions ?? 0), JSON.stringify({ floor, deaths }));
  assert.ok(floor.lost - impact.fromTargets <= 3, `${floor.lost} lost, ${impact.fromTargets} seen`);
  assert.match(
    captionOf(state, state.t).text,
    new RegExp(`^Killing shop-2 broke ${impact.broken} of ${impact.carts} carts`),
  );
  const flags = state.scene.flags.map(({ lane, text, fault }) => `${lane}: ${text}${fault ? '!' : ''}`);
  for (const flag of ['we: Kill shop-2!', 'cluster: shop-2 down'])
    assert.ok(flags.includes(flag), flags.join());

  await t.test('a page that followed has the same scene as the console', async () => {
    const told = await cluster.state();
    const mine = await waitFor('the page to be as far', () => page.at(told.seq), BUSY);
    assert.deepEqual(mine, told.scene);
  });

  await t.test('the run is kept, and its recording plays to the same end', async () => {
    const [summary] = await cluster.api<RunSummary[]>('GET', '/runs');
    assert.deepEqual([summary?.id, summary?.number, summary?.affinity], [run.id, 1, 'LB cookie']);
    assert.deepEqual(summary?.impacts.at(-1), impact);
    const view = await cluster.api<RunView>('GET', `/runs/${run.id}`);
    const seconds = view.seconds.map(({ t }) => t);
    assert.ok(seconds.length >= 8 && seconds.every((at, index) => at === (seconds[0] ?? 0) + index * 1000));
    const { file } = await download(t, cluster, run.id);
    const recording = await readRecording(file);
    const last = recording.events.at(-1);
    assert.ok(last);
    const live = await waitFor('the page to be as far', () => page.at(last.seq), BUSY);
    assert.deepEqual(play(recording).state.scene, live);
  });
});

test('the console dies under load and is started again: nothing is lost, nothing is counted twice', async (t) => {
  const cluster = await startTestCluster(t, { affinity: 'none', sessions: 'memory' });
  const load = startLoad(t, cluster, 12);
  await everybodyHasACart(cluster);
  await cluster.api<FaultView>('POST', '/faults', {
    fault: 'link.latency',
    target: 'shop-1',
    with: { latencyMs: 5 },
  });
  await waitFor('carts to break', async () => ((await scene(cluster)).impact?.broken ?? 0) > 3, BUSY);
  const before = await cluster.state();
  process.kill(cluster.pidOf('console/main.js'), 'SIGKILL');
  const after = await waitFor(
    'the console to be back',
    async () => {
      const now = await cluster.state();
      return now.seq > before.seq && now;
    },
    BUSY,
  );
  assert.equal(after.startedAt, before.startedAt);
  const result = await load.result();
  const state = await waitFor(
    'the last word of the load',
    async () => {
      const now = await cluster.state();
      return now.load?.done && now;
    },
    BUSY,
  );
  const runs = await cluster.api<RunSummary[]>('GET', '/runs');
  assert.deepEqual(
    runs.map(({ id, number }) => [id, number]),
    [[result.run, 1]],
  );
  const { impact, books, flags } = state.scene;
  assert.ok(impact);
  assert.equal(impact.what, 'Slow link shop-1');
  assert.equal(flags.filter(({ text }) => text === 'Slow link shop-1').length, 1);
  assert.equal(books.nth, brokenCarts(result), 'each broken cart was heard of');
  // Only carts that were there when it began are its own; a cart of later breaks without affinity, too.
  const marks = result.chaos.filter(({ what }) => what.startsWith('link.latency'));
  const hits = Object.values(books.hits).reduce((a, b) => a + b, 0);
  assert.equal(marks.length, 1);
  assert.ok(hits > (before.scene.impact?.broken ?? 0) && hits <= brokenCarts(result), `${hits}`);
});

const brokenCarts = ({ carts }: ShopResult): number => carts.broken;
const sum = ({ load }: ClusterState): number => (load === null ? 0 : load.now.right + load.now.broken);

/** What a page does: a snapshot, then every event after it. `at(seq)` gives the scene after that event. */
function followLive(t: TestContext, { info }: TestCluster, snapshot: ClusterState) {
  let state = snapshot;
  const scenes = new Map<number, Scene>();
  const follower = followEvents<ClusterEvent>({
    url: `${info.consoleUrl}/api/events`,
    headers: { authorization: `Bearer ${info.token}` },
    after: snapshot.seq,
    onEvent(event: Stamped<ClusterEvent>) {
      state = applyToState(state, event);
      scenes.set(event.seq, state.scene);
    },
  });
  t.after(() => follower.close());
  return { at: (seq: number) => scenes.get(seq) };
}

async function download(t: TestContext, { info }: TestCluster, run: string): Promise<{ file: string }> {
  const { writeFile } = await import('node:fs/promises');
  const answer = await fetch(`${info.consoleUrl}/api/runs/${run}/events`, {
    headers: { authorization: `Bearer ${info.token}` },
  });
  assert.equal(answer.status, 200);
  const file = join(scratch(t), 'run.jsonl');
  await writeFile(file, await answer.text());
  return { file };
}
