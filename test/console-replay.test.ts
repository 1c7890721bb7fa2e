import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ClusterEvent, ClusterState, RunSummary } from '../apps/console/contract.ts';
import { startPlayback } from '../apps/console/runs/playback.ts';
import { createPlayer } from '../apps/console/runs/player.ts';
import { type Recording, readRecording } from '../apps/console/runs/recording.ts';
import { applyToState } from '../apps/console/scene/apply-state.ts';
import type { Stamped } from '../lib/event-log.ts';
import { followEvents } from '../lib/sse.ts';
import { findRecording } from '../scripts/replay/find.ts';
import { scratch } from './support/cluster.ts';
import { calmState } from './support/cluster-state.ts';
import { randomEvents } from './support/random-events.ts';
import { waitFor } from './support/wait.ts';

const ROOT = new URL('../', import.meta.url);
const COUNT = 2500;

function recordingOf(count = COUNT): Recording {
  const state = { ...calmState(1_000_000), seq: 0, t: 900 };
  const head = {
    schema: 'recording/1',
    run: 'k3f',
    number: 3,
    seed: 7,
    startedAt: 1_000_000,
    state,
  } as const;
  return { head, events: randomEvents(11, count) };
}

function write(t: TestContext, { head, events }: Recording, end = '\n'): string {
  const file = join(scratch(t), 'k3f.jsonl');
  writeFileSync(file, [head, ...events].map((line) => JSON.stringify(line)).join('\n') + end);
  return file;
}

const stateAfter = ({ head, events }: Recording, count: number): ClusterState =>
  events.slice(0, count).reduce(applyToState, head.state);

test('events come in their order, with their numbers, as far apart as they were', (t) => {
  const recording = recordingOf(40);
  let nowMs = 0;
  const player = createPlayer(recording, { speed: 2, now: () => nowMs });
  t.after(() => player.close());
  const seen: Stamped<ClusterEvent>[] = [];
  player.log.follow({ take: (event) => seen.push(event) > 0, end() {} });
  const tenth = recording.events[9] ?? assert.fail();
  nowMs = (tenth.t - 900) / 2;
  player.look();
  assert.ok(seen.length >= 9 && seen.length < 40, `${seen.length} told`);
  assert.deepEqual(seen, recording.events.slice(0, seen.length));
  assert.deepEqual(player.state().scene, stateAfter(recording, seen.length).scene);
  nowMs = 1e9;
  player.look();
  assert.deepEqual(seen.slice(0, 40), recording.events);
  const last = seen.at(-1) ?? assert.fail();
  assert.deepEqual([last.type, player.state().speed], ['recording.moved', 0], 'at its end it is paused');
  assert.deepEqual(player.state().scene, stateAfter(recording, 40).scene);
});

test('a jump, forth or back, gives the scene as it was then', (t) => {
  const recording = recordingOf();
  const player = createPlayer(recording, { speed: 0 });
  t.after(() => player.close());
  const { startsAt, endsAt } = player.state().recording ?? assert.fail();
  for (const share of [0.9, 0.2, 0.55, 0, 1]) {
    const at = Math.round(startsAt + (endsAt - startsAt) * share);
    const state = player.wind({ at });
    const count = lastUntil(recording, at);
    assert.deepEqual(state.scene, stateAfter(recording, count).scene, `at ${share}`);
    assert.deepEqual([state.t, player.state().t, player.log.lastSeq], [at, at, state.seq]);
  }
  assert.equal(player.wind({ at: 1e12 }).t, endsAt, 'held within the recording');
  assert.equal(player.wind({ speed: 1 }).t, startsAt, 'at its end, going on means from the beginning');
});

/** How many were told by then: one that a part told late came when it came. */
function lastUntil({ events }: Recording, at: number): number {
  let latest = 0;
  return events.filter((event) => {
    latest = Math.max(latest, event.t);
    return latest <= at;
  }).length;
}

test('a control room without a cluster: pages, state, stream and winding, and nothing that changes a cluster', async (t) => {
  const recording = recordingOf();
  const playback = await startPlayback({
    ...{ file: write(t, recording), speed: 0, port: 0, root: ROOT },
    log: { error: () => {} },
  });
  t.after(playback.close);
  const { url } = playback;
  const call = async <T>(method: string, path: string, body?: object) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  const seen: Stamped<ClusterEvent>[] = [];
  const follower = followEvents<ClusterEvent>({
    url: `${url}/api/events`,
    onEvent: (event) => void seen.push(event),
  });
  t.after(() => follower.close());

  const { body: first } = await call<ClusterState>('GET', '/api/state');
  assert.deepEqual([first.speed, first.t, first.recording?.run], [0, 900, 'k3f']);
  await waitFor('the stream to be open', async () => {
    await call('POST', '/api/recording', { speed: 0 });
    return seen.length > 0;
  });
  const end = first.recording?.endsAt ?? assert.fail();
  const wound = await call<{ speed: number; t: number }>('POST', '/api/recording', {
    at: end - 1,
    speed: 16,
  });
  assert.deepEqual(wound, { status: 200, body: { speed: 16, t: end - 1 } });
  await waitFor('the end', () => seen.some((event) => event.type === 'recording.moved' && event.t === end));
  const { body: last } = await call<ClusterState>('GET', '/api/state');
  assert.deepEqual(last.scene, stateAfter(recording, COUNT).scene);
  assert.equal(last.speed, 0);

  const refused = await call<{ error: { code: string; message: string } }>('POST', '/api/faults', {});
  assert.equal(refused.status, 409);
  assert.match(
    refused.body.error.message,
    /^this is a recording of run k3f: POST \/api\/faults needs a cluster/,
  );
  assert.equal((await call('POST', '/api/recording', { speed: 17 })).status, 400);
  const { body: runs } = await call<RunSummary[]>('GET', '/api/runs');
  assert.deepEqual(
    runs.map(({ id, number, seed }) => [id, number, seed]),
    [['k3f', 3, 7]],
  );
  const foreign = await fetch(`${url}/api/recording`, {
    method: 'POST',
    headers: { origin: 'http://evil.example' },
  });
  assert.equal(foreign.status, 403, 'pages of others wind nothing');
});

test('a recording whose writer was killed plays up to its last whole line', async (t) => {
  const file = write(t, recordingOf(10), '\n{"type":"cart.bro');
  assert.equal((await readRecording(file)).events.length, 10);
});

test('what is no recording is refused with what to do', async (t) => {
  const folder = scratch(t);
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  await assert.rejects(readRecording(join(folder, 'none')), /Cannot read the recording .* \(ENOENT\)/);
  await assert.rejects(readRecording(file('empty', '')), /is empty: nothing was recorded/);
  await assert.rejects(
    readRecording(file('other', '{"schema":"shop/1"}\n')),
    /expected the schema "recording\/1".*found "shop\/1"/,
  );
  const [head = ''] = readFileSync(write(t, recordingOf(1)), 'utf8').split('\n');
  await assert.rejects(
    readRecording(file('middle', `${head}\nnonsense\n{"seq":1,"t":1,"type":"x"}\n`)),
    /line 2: expected an event/,
  );
});

test('a recording with something in it that cannot be shown is refused in words', async (t) => {
  const good = recordingOf(3);
  const bad = { type: 'carts.progress', seq: 9, t: 9 } as unknown as Stamped<ClusterEvent>;
  const noScene = { ...good.head, state: { scene: {} } } as unknown as Recording['head'];
  const cases: [Recording, RegExp][] = [
    [{ ...good, events: [...good.events, bad] }, /run k3f cannot be played: event 9 \(carts.progress\)/],
    [{ ...good, head: noScene }, /run k3f cannot be played: its first line/],
  ];
  for (const [recording, said] of cases) {
    const options = { file: write(t, recording), root: ROOT, port: 0, speed: 1, log: { error() {} } };
    await assert.rejects(startPlayback(options), said);
  }
});

test('a recording of 200,000 events can be wound to its end', (t) => {
  const { head } = recordingOf(0);
  const events = Array.from({ length: 200_000 }, (_, index) => {
    return { type: 'cluster.armed', seq: index + 1, t: 1000 + index } as const;
  });
  const player = createPlayer({ head, events }, { speed: 0 });
  t.after(() => player.close());
  player.wind({ at: 1e9 });
  assert.equal(player.log.since(0).length, 200_000);
});

test('a recording is found by its file or by the id of its run; otherwise those that are there are listed', (t) => {
  const file = write(t, recordingOf(1));
  const base = scratch(t);
  assert.equal(findRecording(file, base), file);
  assert.throws(() => findRecording('k3f', base), /No recording "k3f".\nNo runs are recorded under /);
  const folder = join(base, 'cartwreck.runs');
  mkdir(folder, 'k3f.jsonl');
  assert.equal(findRecording('k3f', base), join(folder, 'k3f.jsonl'));
  assert.throws(() => findRecording(undefined, base), /Which recording\? .*\n.*newest first:\n {2}k3f {3}/);
});

function mkdir(folder: string, name: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), '');
}
