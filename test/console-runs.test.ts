import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ClusterEvent, ClusterState, RunSummary, RunView } from '../apps/console/contract.ts';
import { ageFilter, play } from '../apps/console/runs/left.ts';
import { keepRuns, openKept } from '../apps/console/runs/library.ts';
import { readRecording } from '../apps/console/runs/recording.ts';
import { addRuns } from '../apps/console/runs/run-routes.ts';
import { MAX_RUNS } from '../apps/console/runs/shelf.ts';
import { applyToState } from '../apps/console/scene/apply-state.ts';
import { createApi, finishApi } from '../lib/api.ts';
import { EventLog } from '../lib/event-log.ts';
import { scratch } from './support/cluster.ts';
import { calmState } from './support/cluster-state.ts';
import { randomEvents } from './support/random-events.ts';
import { broke, exited, fault, now, sessions, shopping } from './support/scene-events.ts';
import { waitFor } from './support/wait.ts';

const STARTED = 1_000_000;
const quiet = { warn: () => {} };

/** A console's story without a cluster, and what keeps its runs in `folder`. */
async function startKeeping(folder: string | null, options: { log?: typeof quiet; t?: number } = {}) {
  let clock = options.t ?? 5000;
  const kept = await openKept(folder, STARTED);
  const log = new EventLog<ClusterEvent>({ now: () => clock });
  let state: ClusterState = kept.left?.state ?? calmState(STARTED);
  if (kept.left) log.restore(kept.left.recording.events, kept.left.state.seq);
  log.follow({
    take(event) {
      state = applyToState(state, event);
      return true;
    },
    end() {},
  });
  const library = keepRuns(kept, {
    ...{ story: { log, scene: () => state.scene }, startedAt: STARTED, log: options.log ?? quiet },
    snapshot: async () => state,
  });
  return {
    library,
    log,
    state: () => state,
    /** each event 100 ms after the one before; resolves when the recorder has had its turn */
    async tell(...events: ClusterEvent[]) {
      for (const event of events) {
        clock += 100;
        log.add(event);
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const events = (run: string): ClusterEvent[] => [
  { type: 'load.started', shoppers: 60, seed: 7 },
  ...shopping(60, { run }).map((event) => ({ ...event, run }) as ClusterEvent),
  sessions({ 'shop-2': 20 }),
  fault('replica.kill', 'shop-2'),
  exited('shop-2#1'),
  { ...broke(2, 'shop-2#1', 1), run } as ClusterEvent,
  now(40, 20, { run }),
];

test('a run is recorded from its first word, and its recording plays to the same scene', async (t) => {
  const folder = join(scratch(t), 'runs');
  const keeping = await startKeeping(folder);
  assert.ok(!existsSync(folder), 'no run, no folder');
  await keeping.tell(...events('k3f').slice(0, 2));
  await keeping.tell(...events('k3f').slice(2), now(40, 20, { done: true }));
  const [view] = keeping.library.views();
  assert.deepEqual([view?.id, view?.number, view?.seed, view?.shoppers], ['k3f', 1, 7, 60]);
  assert.deepEqual([view?.affinity, view?.sessions, view?.running], ['LB cookie', 'Replica memory', false]);
  assert.deepEqual(view?.impacts, [keeping.state().scene.impact]);
  assert.equal(view?.progress?.now.broken, 20);
  await keeping.library.close();
  const recording = await readRecording(join(folder, 'k3f.jsonl'));
  assert.equal(recording.head.number, 1);
  const first = recording.events[0] ?? assert.fail();
  assert.equal(first.seq, recording.head.state.seq + 1, 'what the snapshot includes is not told again');
  const played = play(recording);
  assert.deepEqual(played.state.scene, keeping.state().scene);
  assert.deepEqual(played.view.impacts, view?.impacts);
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'k3f.json'), 'utf8')).impacts, view?.impacts);
});

test('without a folder runs are counted all the same', async () => {
  const { tell, library } = await startKeeping(null);
  await tell(...events('one'));
  await tell(...events('two'));
  assert.deepEqual(
    library.views().map(({ id, number }) => [id, number]),
    [
      ['two', 2],
      ['one', 1],
    ],
  );
  assert.equal(library.fileOf('one'), null);
});

test('runs are listed again by the next console, and one that was cut off goes on', async (t) => {
  const folder = scratch(t);
  const first = await startKeeping(folder);
  await first.tell(...events('one'));
  await first.tell(...events('two'));
  await waitFor(
    'both to be on the disk',
    () => readdirSync(folder).length === 3 && size(folder, 'two') > 3000,
  );
  // Killed in the middle of a line.
  truncateSync(join(folder, 'two.jsonl'), size(folder, 'two') - 20);

  const second = await startKeeping(folder, { t: 9000 });
  assert.deepEqual(
    second.library.views().map(({ id, number, running }) => [id, number, running]),
    [
      ['two', 2, true],
      ['one', 1, false],
    ],
  );
  await second.tell(
    { ...broke(5, 'shop-2#1', 2), run: 'two' } as ClusterEvent,
    now(39, 21, { run: 'two', done: true }),
  );
  await second.library.close();
  const recording = await readRecording(join(folder, 'two.jsonl'));
  assert.deepEqual(play(recording).state.scene, second.state().scene);
  assert.equal(second.state().scene.impact?.broken, 2, 'one before, one since');
  const seqs = recording.events.map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    [...seqs].sort((a, b) => a - b),
  );
  const third = await startKeeping(folder);
  assert.deepEqual(
    third.library.views().map(({ id }) => id),
    ['two', 'one'],
  );
});

test('a console that is told to stop leaves the recording of a load that goes on to the next one', async (t) => {
  const folder = scratch(t);
  const first = await startKeeping(folder);
  await first.tell(...events('one'));
  await first.library.close();
  assert.deepEqual(readdirSync(folder), ['one.jsonl']);
  const second = await startKeeping(folder, { t: 9000 });
  await second.tell(now(39, 21, { run: 'one', done: true }));
  await second.library.close();
  assert.deepEqual(readdirSync(folder).sort(), ['one.json', 'one.jsonl']);
});

test('of another cluster nothing is taken over', async (t) => {
  const folder = scratch(t);
  const first = await startKeeping(folder);
  await first.tell(...events('one'));
  await first.library.close();
  const { views, left } = await openKept(folder, STARTED + 1);
  assert.deepEqual([views, left], [[], null]);
});

test('recordings of other clusters are not read to learn that they are', async (t) => {
  const folder = scratch(t);
  const first = await startKeeping(folder);
  await first.tell(...events('one'));
  await first.library.close();
  // Nobody reads three gigabytes, not even of nothing.
  truncateSync(join(folder, 'one.jsonl'), 3 * 2 ** 30);
  assert.deepEqual((await openKept(folder, STARTED + 1)).views, []);
});

test('a recording that this version cannot play does not keep a console from starting', async (t) => {
  const folder = scratch(t);
  const first = await startKeeping(folder);
  await first.tell(...events('one'));
  await first.library.close();
  appendFileSync(join(folder, 'one.jsonl'), '{"type":"carts.progress","seq":1e6,"t":1}\n');
  const { views, left } = await openKept(folder, STARTED);
  assert.deepEqual([views, left], [[], null]);
});

test('runs of a long day do not pile up in memory', async () => {
  const { tell, library } = await startKeeping(null);
  for (let number = 0; number < MAX_RUNS + 5; number++) await tell(...events(`run${number}`));
  assert.deepEqual([library.views().length, library.views()[0]?.id], [MAX_RUNS + 1, `run${MAX_RUNS + 4}`]);
});

test('what proxy and agent tell once more is no news; what happened meanwhile is', async () => {
  const all = randomEvents(3, 400);
  const state = all.slice(0, 100).reduce(applyToState, calmState(STARTED));
  const head = {
    schema: 'recording/1',
    run: 'k3f',
    number: 1,
    seed: null,
    startedAt: STARTED,
    state,
  } as const;
  const ageOf = ageFilter({ head, events: all.slice(100, 300) });
  const told = all.map(({ seq: _seq, t, ...event }) => ({ event: event as ClusterEvent, t }));
  assert.ok(
    told.slice(100, 300).every(({ event, t }) => ageOf(event, t) === 'known'),
    'recorded',
  );
  assert.ok(
    told.slice(300).filter(({ event, t }) => ageOf(event, t) === 'news').length > 95,
    'happened since',
  );
  assert.equal(ageOf({ type: 'cluster.armed' }, state.t - 1), 'older');
});

test('a disk that refuses is a line in the log, and the run goes on', async (t) => {
  const folder = scratch(t);
  const lines: string[] = [];
  const keeping = await startKeeping(join(folder, 'file', 'runs'), {
    log: { warn: (_details: object, message: string) => void lines.push(message) } as typeof quiet,
  });
  writeFileSync(join(folder, 'file'), 'in the way');
  await keeping.tell(...events('one'));
  await keeping.tell(now(30, 30, { run: 'one' }));
  assert.match(lines.join('\n'), /this run is not recorded any further: ENOTDIR/);
  assert.equal(keeping.library.views()[0]?.progress?.now.broken, 30);
  await keeping.library.close();
});

test('a run whose name is no name of a file is not written anywhere', async (t) => {
  const folder = scratch(t);
  const { tell, library } = await startKeeping(folder);
  await tell(...events('../../etc/passwd'));
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(library.fileOf('../../etc/passwd'), null);
});

test('the oldest recordings go', async (t) => {
  const folder = scratch(t);
  for (let index = 0; index < MAX_RUNS + 5; index++) writeFileSync(join(folder, `old${index}.jsonl`), 'x');
  const { tell, library } = await startKeeping(folder);
  await tell(...events('new'));
  await library.close();
  assert.equal(readdirSync(folder).filter((name) => name.endsWith('.jsonl')).length, MAX_RUNS);
});

test('a thousand events a second are recorded without falling behind', async (t) => {
  const folder = scratch(t);
  const { tell, library, log } = await startKeeping(folder);
  await tell(...events('k3f'));
  const many = randomEvents(5, 5000).filter((event) => !('run' in event) && event.type !== 'cluster.reset');
  const started = performance.now();
  for (const { seq: _seq, t: _t, ...event } of many) log.add(event as ClusterEvent);
  const perEvent = (performance.now() - started) / many.length;
  assert.ok(perEvent < 1, `${perEvent.toFixed(3)} ms an event`);
  await library.close();
  assert.ok(size(folder, 'k3f') > 500_000);
});

test('GET /api/runs: by id or number, with the recording; an unknown one is told which there are', async (t) => {
  const folder = scratch(t);
  const { tell, library } = await startKeeping(folder);
  const url = await serve(t, library);
  assert.deepEqual(await (await fetch(`${url}/api/runs`)).json(), []);
  await tell(...events('one'));
  await library.close();
  const [summary] = (await (await fetch(`${url}/api/runs`)).json()) as RunSummary[];
  assert.ok(summary && !('seconds' in summary));
  const view = (await (await fetch(`${url}/api/runs/1`)).json()) as RunView;
  assert.ok(view.id === 'one' && view.seconds.length > 0);
  const missing = await fetch(`${url}/api/runs/9`);
  assert.deepEqual(
    [missing.status, ((await missing.json()) as { error: { message: string } }).error.message],
    [404, 'no run "9"; there are 1 (one)'],
  );
  const file = await fetch(`${url}/api/runs/one/events`);
  assert.equal(file.headers.get('content-disposition'), 'attachment; filename="one.jsonl"');
  assert.equal(await file.text(), readFileSync(join(folder, 'one.jsonl'), 'utf8'));
});

const size = (folder: string, run: string): number => readFileSync(join(folder, `${run}.jsonl`)).length;

async function serve(t: TestContext, library: Parameters<typeof addRuns>[1]): Promise<string> {
  const api = createApi();
  addRuns(api, library);
  finishApi(api, { error: () => {} });
  const server = createServer(api);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
