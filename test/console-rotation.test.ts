import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterEvent, ClusterState } from '../apps/console/contract.ts';
import { pictureView } from '../apps/console/web/picture/view.ts';
import {
  applyEvent,
  applySnapshot,
  heard,
  initialModel,
  type Model,
} from '../apps/console/web/shared/model.ts';
import { idleBecause, SETTING_GROUPS } from '../apps/console/web/shared/setting-groups.ts';
import { SETTING_LABELS } from '../apps/console/web/shared/setting-labels.ts';
import { view } from '../apps/console/web/shared/view.ts';
import { SETTINGS, type SettingName, type UpstreamView } from '../proxy/contract.ts';
import { DEFAULTS } from '../proxy/settings.ts';
import { calmState, readyReplica } from './support/cluster-state.ts';

/** What the pages show of what the proxy does with its upstreams, and of its settings. */
const calm = (change: Partial<ClusterState> = {}): Model =>
  applySnapshot(heard(initialModel(), 10_000), { ...calmState(0), t: 10_000, ...change });
const after = (model: Model, ...events: ClusterEvent[]): Model =>
  events.reduce((m, event) => applyEvent(m, { ...event, t: 10_000, seq: (m.state?.seq ?? 0) + 1 }), model);
const rowOf = (model: Model, id: string) =>
  view(model, 10_000).replicas?.find((row) => row.id === id) ?? assert.fail(`no row of ${id}`);

/** shop-2 as the proxy samples it. */
const sampled = (change: Partial<UpstreamView>): ClusterEvent => ({
  type: 'rates.sampled',
  upstreams: [
    { ...{ id: 'shop-2', state: 'up', perSecond: 9, inFlight: 1, p99Ms: 4, sessions: null }, ...change },
  ],
});
const out = (to: 'ejected' | 'down', why: string): ClusterEvent => ({
  ...{ type: 'upstream.state', upstream: 'shop-2', life: 'shop-2#1', from: 'up', to, why },
});

test('an ejected replica runs: it is no dead one, and its reason stands beside it', () => {
  const row = rowOf(after(calm(), out('ejected', '5 failures in a row')), 'shop-2');
  assert.deepEqual([row.state, row.stateWord, row.notes], ['ejected', 'ejected', ['5 failures in a row']]);
  assert.equal(row.can.kill, true);
  assert.equal(view(after(calm(), out('ejected', '')), 10_000).readyText, '2 of 3 ready');
});

test('a drain says how many are pinned and what is left of it, and the samples keep it true', () => {
  const drained = { state: 'draining', admin: 'drain', pinned: 14 } as const;
  const notes = (drainLeftMs: number | null) =>
    rowOf(after(calm(), sampled({ ...drained, drainLeftMs })), 'shop-2').notes;
  assert.deepEqual(notes(23_400), ['14 pinned', '24 s left']);
  assert.deepEqual(notes(22_400), ['14 pinned', '23 s left']);
  assert.deepEqual(notes(null), ['14 pinned']);
  assert.deepEqual(notes(0), ['14 pinned', 'its time is over']);
});

test('a weight that is not the usual, a slow start and a queue are noted, and nothing else is', () => {
  const notes = (change: Partial<UpstreamView>) => rowOf(after(calm(), sampled(change)), 'shop-2').notes;
  assert.deepEqual(notes({ weight: 100, effectiveWeight: 100, queued: 0 }), []);
  assert.deepEqual(notes({ weight: 25, effectiveWeight: 25 }), ['weight 25']);
  assert.deepEqual(notes({ weight: 100, effectiveWeight: 12, queued: 7 }), ['weight 12 of 100', '7 wait']);
});

test('a snapshot or recording of before, without the new fields, is shown as it was', () => {
  const old = readyReplica(2);
  const {
    weight: _w,
    effectiveWeight: _e,
    drainLeftMs: _d,
    pinned: _p,
    queued: _q,
    ...upstream
  } = old.upstream ?? assert.fail();
  const { outs: _outs, panic: _panic, ...scene } = calmState(0).scene;
  const { panic: _setting, queue: _queue, ...settings } = calmState(0).settings ?? assert.fail();
  const model = calm({
    replicas: [readyReplica(1), { ...old, upstream: { ...upstream, state: 'draining' } as UpstreamView }],
    scene,
    settings: settings as NonNullable<ClusterState['settings']>,
  });
  const row = rowOf(after(model, sampled({ state: 'draining' })), 'shop-2');
  assert.deepEqual([row.stateWord, row.notes], ['draining', []]);
  const shown = view(model, 10_000);
  assert.equal(shown.panic, null);
  assert.equal(shown.settings.find(({ name }) => name === 'queue')?.isLabel, 'not known');
});

test('a panic is a notice as long as it lasts', () => {
  const panic = after(calm(), out('down', ''), { type: 'pool.panic', on: true, up: 2, of: 3 });
  assert.equal(
    view(panic, 10_000).panic,
    'Panic: 2 of 3 replicas are up, so the proxy sends to all of them.',
  );
  assert.equal(view(after(panic, { type: 'pool.panic', on: false, up: 3, of: 3 }), 10_000).panic, null);
});

test('every setting is in one group, and its first word is that of the first value', () => {
  const grouped = SETTING_GROUPS.flatMap(({ names }) => names);
  assert.deepEqual([...grouped].sort(), Object.keys(SETTINGS).sort());
  for (const name of grouped) {
    assert.deepEqual(Object.keys(SETTING_LABELS[name].values), [...SETTINGS[name]], name);
    for (const word of Object.values<string>(SETTING_LABELS[name].values))
      assert.ok(word.split(' ').length <= 3, `${name}: "${word}" is more than three words`);
  }
});

test('a setting without effect under the others says so, one that has an effect says nothing', () => {
  const idle = (name: SettingName, change: Partial<typeof DEFAULTS>) =>
    idleBecause(name, { ...DEFAULTS, ...change });
  assert.equal(idle('pinFormat', { affinity: 'table' }), 'only with LB cookie');
  assert.equal(idle('pinFormat', { affinity: 'cookie' }), null);
  assert.equal(idle('ipKey', { affinity: 'session-hash' }), 'only with IP hash');
  assert.equal(idle('hash', { affinity: 'session-hash' }), null);
  assert.equal(idle('peers', {}), 'only with LB table');
  assert.equal(idle('drain', { affinity: 'ip-hash' }), 'only with a pin');
  assert.equal(idle('retryBudget', { retry: 'off' }), 'only when it sends again');
  assert.equal(idle('panic', {}), null);
  assert.equal(idleBecause('peers', null), null, 'nobody knows');
});

test('where health checks only connect nobody counts sessions, and an old count is not shown', () => {
  const counted = after(calm(), sampled({ sessions: { filled: 20, empty: 1 } }));
  assert.equal(rowOf(counted, 'shop-2').sessions, '20');
  const settings = { ...DEFAULTS, check: 'tcp', epoch: 2 } as const;
  const tcp = after(counted, { type: 'settings.changed', settings, changed: ['check'] });
  assert.equal(rowOf(tcp, 'shop-2').sessions, '–');
  const look = pictureView(tcp, 10_000).replicas.find(({ id }) => id === 'shop-2');
  assert.deepEqual([look?.sessions, look?.remark], [null, 'not counted by TCP']);
});
