import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterEvent, ClusterState } from '../apps/console/contract.ts';
import {
  applyEvent,
  applySnapshot,
  ask,
  confirm,
  heard,
  initialModel,
  isAnotherLog,
  type Model,
  readAnew,
  resumeAfter,
  runMsAt,
  withdraw,
} from '../apps/console/web/shared/model.ts';
import { view } from '../apps/console/web/shared/view.ts';
import { calmState, progressOf, readyReplica } from './support/cluster-state.ts';

const STARTED = Date.UTC(2026, 10, 21, 10, 42, 0);
const NOW = STARTED + 10_000;

const calm = (change: Partial<ClusterState> = {}): Model =>
  applySnapshot(heard(initialModel(), NOW), { ...calmState(STARTED), t: NOW - STARTED, ...change });

/** Applies events one after the other, numbered after what the model has seen. */
function after(model: Model, ...events: (ClusterEvent & { t?: number })[]): Model {
  return events.reduce(
    (m, event) => applyEvent(m, { t: 10_000, ...event, seq: (m.state?.seq ?? 0) + 1 }),
    model,
  );
}

const settingOf = (model: Model, name: string) => {
  const found = view(model, NOW).settings.find((setting) => setting.name === name);
  assert.ok(found);
  return found;
};
const rowOf = (model: Model, id: string, nowMs = NOW) => {
  const found = view(model, nowMs).replicas?.find((row) => row.id === id);
  assert.ok(found);
  return found;
};
const asked = (model: Model, name: string) =>
  settingOf(model, name)
    .values.filter((value) => value.asked)
    .map(({ label }) => label);

const sessionsNow = (value: 'memory' | 'redis' | 'cookie', epoch: number): ClusterEvent => ({
  type: 'settings.changed',
  settings: { ...settingsOf(calmState(STARTED)), sessions: value, epoch },
  changed: ['sessions'],
});
function settingsOf(state: ClusterState) {
  assert.ok(state.settings);
  return state.settings;
}

const exit: ClusterEvent = {
  type: 'replica.exited',
  replica: 'shop-2',
  life: 'shop-2#1',
  how: 'signal SIGKILL',
  expected: true,
};
const kill: ClusterEvent = {
  type: 'fault.injected',
  id: 'f1',
  fault: 'replica.kill',
  target: 'shop-2',
  forMs: null,
};

test('before the first snapshot nothing is claimed', () => {
  const { name, link, replicas, numbers, settings, log } = view(initialModel(), NOW);
  assert.deepEqual([name, replicas, log], [null, null, []]);
  assert.equal(link.live, false);
  assert.deepEqual(
    numbers.map(({ value }) => value),
    ['–', '–', '–'],
  );
  assert.ok(settings.every(({ isLabel }) => isLabel === 'not known'));
});

test('a setting is shown in words as it was read back, whatever was asked for', () => {
  const model = ask(calm(), 'sessions', 'redis');
  assert.equal(settingOf(model, 'affinity').isLabel, 'LB cookie');
  assert.equal(settingOf(model, 'sessions').isLabel, 'Replica memory');
  assert.deepEqual(asked(model, 'sessions'), ['Redis']);

  const told = after(model, sessionsNow('redis', 2));
  assert.equal(settingOf(told, 'sessions').isLabel, 'Redis');
  assert.deepEqual(asked(told, 'sessions'), []);
});

test('the answer to a switch does not stand in for the event', () => {
  const model = confirm(ask(calm(), 'sessions', 'redis'), 'sessions', { epoch: 2 });
  assert.equal(settingOf(model, 'sessions').isLabel, 'Replica memory');
  assert.deepEqual(asked(model, 'sessions'), ['Redis']);
});

test('a switch that somebody else overtook is not waited for', () => {
  const model = confirm(ask(calm(), 'sessions', 'redis'), 'sessions', { epoch: 2 });
  const told = after(model, sessionsNow('cookie', 3));
  assert.equal(settingOf(told, 'sessions').isLabel, 'Signed cookie');
  assert.deepEqual(asked(told, 'sessions'), []);
});

test('a refused switch is withdrawn', () => {
  assert.deepEqual(asked(withdraw(ask(calm(), 'sessions', 'redis'), 'sessions'), 'sessions'), []);
});

test('a snapshot that shows the asked value ends the waiting, for when the event was missed', () => {
  const model = ask(calm(), 'sessions', 'redis');
  const settings = { ...settingsOf(calmState(STARTED)), sessions: 'redis' as const, epoch: 2 };
  assert.deepEqual(asked(applySnapshot(model, { ...calmState(STARTED), settings }), 'sessions'), []);
});

test('an event that the snapshot includes changes nothing and is told once', () => {
  const model = calm({ seq: 7 });
  const old = applyEvent(model, { ...exit, seq: 7, t: 9000 });
  assert.equal(rowOf(old, 'shop-2').stateWord, 'ready');
  assert.equal(view(old, NOW).log.length, 1);
  assert.equal(view(applyEvent(old, { ...exit, seq: 7, t: 9000 }), NOW).log.length, 1);

  const news = applyEvent(old, { ...exit, seq: 8, t: 9000 });
  assert.equal(rowOf(news, 'shop-2').stateWord, 'dead 1 s');
  assert.equal(applyEvent(news, { ...exit, seq: 8, t: 9000 }), news);
});

test('a page that was opened late resumes where a bounded history begins', () => {
  assert.equal(resumeAfter(calm({ seq: 40 }), 1000), 0);
  assert.equal(resumeAfter(calm({ seq: 5000 }), 1000), 4000);
  assert.equal(resumeAfter(calm({ seq: 5000 }), 0), 5000);
});

test('after a break the lines in between are told, though the new snapshot includes them', () => {
  const before = after(calm(), kill, kill);
  const again = applySnapshot(before, { ...calmState(STARTED), seq: 9 });
  assert.equal(resumeAfter(again, 1000), 1, 'the last one that is known is asked for again');
  const caughtUp = applyEvent(again, { ...exit, seq: 3, t: 9000 });
  assert.equal(view(caughtUp, NOW).log[0]?.text, 'shop-2#1 exited, signal SIGKILL');
  assert.equal(rowOf(caughtUp, 'shop-2').state, 'ready');
});

test('a restarted console counts from one again: what it hears anew is not told twice, what was missed is', () => {
  const long = after(calm({ seq: 500 }), kill, exit);
  const restarted = applySnapshot(long, { ...calmState(STARTED), seq: 4 });
  assert.equal(resumeAfter(restarted, 1000), 0);
  const started: ClusterEvent = { type: 'replica.started', replica: 'shop-2', life: 'shop-2#2' };
  const told = [kill, exit, started].reduce(
    (model, event, index) => applyEvent(model, { t: 10_000, ...event, seq: index + 1 }),
    restarted,
  );
  assert.deepEqual(
    view(told, NOW).log.map(({ text }) => text),
    ['shop-2#2 started', 'shop-2#1 exited, signal SIGKILL', 'Kill shop-2'],
  );
  const later = applyEvent(told, { ...exit, life: 'shop-2#2', seq: 5, t: 12_000 });
  assert.equal(rowOf(later, 'shop-2').state, 'dead');
});

test('a restarted console that has counted further than before is found out by its events', () => {
  const model = after(calm(), kill);
  const told = (event: ClusterEvent, seq: number) => ({ t: 10_000, ...event, seq });
  assert.equal(isAnotherLog(model, told(kill, 1)), false);
  assert.equal(isAnotherLog(model, told(exit, 2)), false, 'news are no contradiction');
  assert.equal(isAnotherLog(model, told(exit, 1)), true);
  const anew = readAnew(applySnapshot(model, { ...calmState(STARTED), seq: 9 }));
  assert.equal(resumeAfter(anew, 1000), 0);
  const both = applyEvent(applyEvent(anew, told(exit, 1)), told(kill, 2));
  assert.equal(view(both, NOW).log.length, 2, 'the kill was told before');
});

test("the clock is the cluster's own, whatever the clock of this computer says", () => {
  const wrong = applySnapshot(heard(initialModel(), NOW + 3_600_000), { ...calmState(STARTED), t: 5000 });
  assert.equal(runMsAt(wrong, NOW + 3_600_000 + 2000), 7000);
  assert.equal(view(wrong, NOW + 3_600_000 + 2000).clock, '00:07');
});

test('a recording has its own speed and end, and tells again what it was wound back over', () => {
  const recording = { run: 'k3f', startsAt: 0, endsAt: 20_000 };
  const at = (t: number, speed: number) => ({ ...calmState(STARTED), t, speed, recording, seq: 9 });
  const playing = applySnapshot(heard(initialModel(), NOW), at(10_000, 4));
  assert.equal(runMsAt(playing, NOW + 1000), 14_000);
  assert.equal(runMsAt(playing, NOW + 60_000), 20_000);
  assert.equal(runMsAt(applySnapshot(playing, at(10_000, 0)), NOW + 1000), 10_000);
  assert.equal(view(playing, NOW).recording?.atText, '00:10 of 00:20');

  const told = after(playing, { ...exit, t: 10_500 });
  assert.equal(view(told, NOW).log.length, 1);
  const back = applySnapshot(told, { ...at(3000, 1), seq: 11 });
  assert.deepEqual(view(back, NOW).log, []);
});

test('another run begins with an empty page', () => {
  const model = applySnapshot(after(calm(), exit), calmState(STARTED + 60_000));
  assert.deepEqual(view(model, NOW).log, []);
});

test('a killed replica is dead with its seconds, and Start undoes the fault that did it', () => {
  const model = after(calm(), kill, { ...exit, t: 7000 });
  const row = rowOf(model, 'shop-2');
  assert.deepEqual([row.state, row.stateWord, row.life], ['dead', 'dead 3 s', 'shop-2#1']);
  assert.deepEqual(row.can, {
    kill: false,
    freeze: false,
    restart: false,
    admin: 'drain',
    undo: { faultId: 'f1', label: 'Start' },
  });
  assert.equal(view(model, NOW).readyText, '2 of 3 ready');
  assert.equal(view(model, NOW).lastFault?.label, 'Kill shop-2');
});

test('a replica that died by itself has nothing to undo', () => {
  assert.equal(rowOf(after(calm(), { ...exit, expected: false }), 'shop-2').can.undo, null);
});

test('a replica comes back through starting and not in rotation to ready', () => {
  const life = 'shop-2#2';
  const down = after(calm(), kill, exit, {
    type: 'upstream.state',
    upstream: 'shop-2',
    life: 'shop-2#1',
    from: 'up',
    to: 'down',
    why: 'health check failed: ECONNREFUSED',
  });
  const started = after(down, { type: 'replica.started', replica: 'shop-2', life });
  assert.equal(rowOf(started, 'shop-2').stateWord, 'starting');
  const ready = after(started, { type: 'replica.ready', replica: 'shop-2', life, ms: 173 });
  assert.deepEqual(
    [rowOf(ready, 'shop-2').stateWord, rowOf(ready, 'shop-2').life],
    ['not in rotation', life],
  );
  const up = after(ready, {
    type: 'upstream.state',
    upstream: 'shop-2',
    life,
    from: 'down',
    to: 'up',
    why: 'health check passed',
  });
  assert.equal(rowOf(up, 'shop-2').stateWord, 'ready');
});

test('news about an earlier life does not bring it back', () => {
  const replicas = [readyReplica(1), readyReplica(2, 'shop-2#6')];
  assert.equal(rowOf(after(calm({ replicas }), exit), 'shop-2').stateWord, 'ready');
});

test('frozen and draining have their own words', () => {
  const frozen = after(calm(), { type: 'replica.paused', replica: 'shop-1', life: 'shop-1#1', t: 8000 });
  assert.equal(rowOf(frozen, 'shop-1').stateWord, 'frozen 2 s');
  const draining = after(calm(), {
    type: 'upstream.state',
    upstream: 'shop-1',
    life: 'shop-1#1',
    from: 'up',
    to: 'draining',
    why: 'drained by the operator',
  });
  assert.equal(rowOf(draining, 'shop-1').stateWord, 'draining');
});

test('replicas join at the end of the table and leave it', () => {
  const more = after(
    calm(),
    { type: 'replica.started', replica: 'shop-4', life: 'shop-4#1' },
    { type: 'upstream.added', upstream: 'shop-4', life: 'shop-4#1' },
  );
  assert.deepEqual(
    view(more, NOW)
      .replicas?.map(({ id, number, stateWord }) => [id, number, stateWord])
      .at(-1),
    ['shop-4', 4, 'starting'],
  );
  const fewer = after(more, { type: 'replica.removed', replica: 'shop-4' });
  assert.equal(view(fewer, NOW).replicas?.length, 3);
});

test('rates are shown until the proxy cannot be asked', () => {
  const sampled = after(calm(), {
    type: 'rates.sampled',
    upstreams: [{ id: 'shop-1', state: 'up', perSecond: 32, inFlight: 1, p99Ms: 14.4, sessions: null }],
  });
  assert.deepEqual([rowOf(sampled, 'shop-1').perSecond, rowOf(sampled, 'shop-1').p99], ['32 /s', '14 ms']);
  assert.equal(rowOf(sampled, 'shop-2').perSecond, '–');
  const lost = after(sampled, { type: 'link.state', part: 'proxy', state: 'lost' });
  assert.equal(rowOf(lost, 'shop-1').perSecond, '–');
  assert.match(view(lost, NOW).gaps.join(), /proxy does not answer/);
});

test('the three numbers keep errors apart, and only broken carts alarm', () => {
  const numbers = (scene: Partial<ClusterState['scene']>) =>
    view(calm({ scene: { ...calmState(STARTED).scene, ...scene } }), NOW).numbers.map(
      ({ value, of, text, alarming }) => [value, of, text, alarming],
    );
  const run = { id: 'k3f', shoppers: 60, startedAt: 0, endedAt: null };
  assert.deepEqual(numbers({ run, now: { carts: 68, broken: 0, silent: 0 }, errors: 1 }), [
    ['0', '68', 'broken carts now', false],
    ['0', null, 'silent · 1 error', false],
    ['–', null, 'blast radius', false],
  ]);
  const impact: ClusterState['scene']['impact'] = {
    what: 'Kill shop-2',
    kind: 'replica.kill',
    targets: ['shop-2'],
    t: 0,
    carts: 68,
    broken: 21,
    fromTargets: 21,
    again: 0,
    open: true,
  };
  assert.deepEqual(numbers({ run, impact, now: { carts: 68, broken: 21, silent: 20 }, errors: 4 }), [
    ['21', '68', 'broken carts now', true],
    ['20', null, 'silent · 4 errors', false],
    ['31 %', null, 'blast radius', false],
  ]);
});

test('pins are counted where affinity pins, sessions where they live in memory', () => {
  const on = (id: string) => ({ on: id, cart: 'right' as const });
  const scene = {
    ...calmState(STARTED).scene,
    robots: { 1: on('shop-1'), 2: on('shop-2'), 3: on('shop-2'), 4: { on: null, cart: 'none' as const } },
  };
  const upstreams = [
    {
      id: 'shop-2',
      state: 'up' as const,
      perSecond: 3,
      inFlight: 0,
      p99Ms: 4,
      sessions: { filled: 2, empty: 1 },
    },
  ];
  const model = after(calm({ scene }), { type: 'rates.sampled', upstreams });
  assert.deepEqual([rowOf(model, 'shop-2').pins, rowOf(model, 'shop-2').sessions], ['2', '2']);
  assert.deepEqual([rowOf(model, 'shop-3').pins, rowOf(model, 'shop-3').sessions], ['0', '–']);
  const none = after(model, sessionsNow('redis', 2));
  assert.equal(rowOf(none, 'shop-2').sessions, '–');
});

test('a dead replica has no rates, and a reset cluster no numbers', () => {
  const shop2 = { id: 'shop-2', state: 'up', perSecond: 32, inFlight: 1, p99Ms: 14, sessions: null } as const;
  const upstreams = [shop2];
  const model = after(calm(), { type: 'rates.sampled', upstreams }, progressOf(21), exit);
  assert.deepEqual([rowOf(model, 'shop-2').perSecond, rowOf(model, 'shop-2').p99], ['–', '–']);
  const reset = after(model, { type: 'cluster.reset', ms: 987 });
  assert.equal(view(reset, NOW).load.isText, 'none yet');
});

test('a load is said to run only while its numbers come in', () => {
  const model = after(calm(), { type: 'load.started', shoppers: 60, seed: null }, progressOf(0));
  const live = (nowMs: number) => view(heard(model, nowMs), nowMs).load;
  assert.deepEqual(live(NOW), { running: true, isText: '60 shoppers, 66 req/s' });
  assert.deepEqual(live(NOW + 3500), { running: true, isText: 'running' });
  const ended = after(model, progressOf(0, { done: true }), { type: 'load.ended', exitCode: 0 });
  assert.deepEqual(view(ended, NOW).load, { running: false, isText: 'stopped' });
});

test('open faults say what undoing does and how long they last, the newest first', () => {
  const model = after(
    calm(),
    { ...kill, t: 6000 },
    { ...exit, t: 6000 },
    { type: 'fault.injected', id: 'f2', fault: 'replica.pause', target: 'shop-1', forMs: 8000, t: 7500 },
    { type: 'fault.injected', id: 'f3', fault: 'replica.restart', target: 'shop-3', forMs: null },
  );
  assert.deepEqual(
    view(model, NOW).faults.map(({ label, timeText, undoText }) => [label, timeText, undoText]),
    [
      ['Freeze shop-1', 'undoes itself in 6 s', 'Undo resumes it'],
      ['Kill shop-2', 'until it is undone', 'Undo starts it again'],
    ],
  );
  const undone = after(model, {
    type: 'fault.undone',
    id: 'f2',
    fault: 'replica.pause',
    target: 'shop-1',
    why: 'asked',
  });
  assert.deepEqual(
    view(undone, NOW).faults.map(({ id }) => id),
    ['f1'],
  );
});

test('a fault whose undo failed stays; one that never took place does not', () => {
  const failed: ClusterEvent = {
    type: 'fault.failed',
    id: 'f1',
    fault: 'replica.kill',
    target: 'shop-2',
    message: 'no',
  };
  assert.deepEqual(view(after(calm(), kill, failed), NOW).faults, []);
  const [stuck] = view(after(calm(), kill, exit, failed), NOW).faults;
  assert.match(stuck?.timeText ?? '', /undoing it failed/);
});

test('a store of the cluster can be broken and mended, an external one says why not', () => {
  const broken = after(
    calm(),
    { type: 'fault.injected', id: 'f1', fault: 'store.kill', target: 'redis', forMs: null },
    { type: 'store.state', state: 'exited', how: 'signal SIGKILL', t: 8000 },
  );
  const { store } = view(broken, NOW);
  assert.deepEqual(
    [store?.stateWord, store?.can.kill, store?.can.undo],
    ['dead 2 s', false, { faultId: 'f1', label: 'Start' }],
  );
  const external = view(calm({ store: { kind: 'redis://10.0.0.7', member: null } }), NOW).store;
  assert.deepEqual([external?.stateWord, external?.can.kill], ['external', false]);
  assert.match(external?.reason ?? '', /not ours to break/);
});

test('a deploy says how far it is', () => {
  const step = (phase: 'draining' | 'replaced' | 'finished', done: number): ClusterEvent => ({
    type: 'deploy.phase',
    id: 'd1',
    phase,
    replica: 'shop-1',
    done,
    of: 3,
  });
  const draining = after(calm(), step('draining', 0));
  assert.equal(view(draining, NOW).deploy, 'Deploying: 0 of 3 replaced, shop-1 is draining');
  assert.equal(view(after(draining, step('replaced', 1)), NOW).deploy, 'Deploying: 1 of 3 replaced');
  assert.equal(view(after(draining, step('finished', 3)), NOW).deploy, null);
});

test('sixty events of one fault are one line, and other lines are never lost for it', () => {
  const moved = (to: string): ClusterEvent => ({ type: 'pin.moved', from: 'shop-2', to, affinity: 'cookie' });
  const broke = (shopper: string): ClusterEvent => ({
    type: 'cart.broken',
    run: 'k3f',
    shopper,
    class: 'lostSession',
    was: 'shop-2#1',
    now: 'shop-1#1',
    status: 200,
    missing: ['mug'],
  });
  const model = after(calm(), exit, moved('shop-1'), broke('s1'), moved('shop-3'), broke('s2'));
  assert.deepEqual(
    view(model, NOW).log.map(({ text }) => text),
    [
      '2 carts broke: lost session; last whole on shop-2#1',
      '2 pins moved from shop-2 to shop-1 and shop-3',
      'shop-2#1 exited, signal SIGKILL',
    ],
  );
  const later = after(model, { ...moved('shop-1'), t: 11_500 });
  assert.equal(view(later, NOW).log[0]?.text, '1 pin moved from shop-2 to shop-1');
});

test('lines carry the time since the run began, and only the newest 200 are kept', () => {
  const events = Array.from({ length: 250 }, (_, i) => ({ ...exit, t: i * 1000 }));
  const { log } = view(after(calm(), ...events), NOW);
  assert.equal(log.length, 200);
  assert.deepEqual([log[0]?.clock, log.at(-1)?.clock], ['04:09', '00:50']);
  assert.equal(view(after(calm(), { ...exit, t: 3_751_000 }), NOW).log[0]?.clock, '1:02:31');
});

test('faults are bounded', () => {
  const events = Array.from({ length: 80 }, (_, i) => ({ ...kill, id: `f${i}` }));
  assert.equal(after(calm(), ...events).state?.faults.length, 50);
});

test('an old picture says so and stands still', () => {
  const model = after(calm(), kill, { ...exit, t: 7000 });
  assert.deepEqual(view(model, NOW + 100).link, { live: true, text: 'live, 0.1 s ago' });
  const stale = view(model, NOW + 4200);
  assert.equal(stale.link.live, false);
  assert.match(stale.link.text, /^no news from the cluster for 4 s; this picture is from \d\d:42:10$/);
  assert.equal(rowOf(model, 'shop-2', NOW + 4200).stateWord, 'dead 3 s');
});

test('an event of a newer cluster changes nothing', () => {
  const model = after(calm(), { type: 'moon.rose' } as never);
  assert.equal(view(model, NOW).readyText, '3 of 3 ready');
});
