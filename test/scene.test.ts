import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterEvent } from '../apps/console/contract.ts';
import { sceneAt } from '../apps/console/scene/apply-scene.ts';
import { progressOf } from './support/cluster-state.ts';
import { broke, exited, fault, now, placed, Story, sessions, shopping } from './support/scene-events.ts';

/** Sixty shoppers, twenty on each replica, and what lives in each memory is counted. */
const lunch = () => new Story().tell(...shopping(60), sessions({ 'shop-1': 20, 'shop-2': 20, 'shop-3': 20 }));
const kill = (id = 'shop-2', life = `${id}#1`): ClusterEvent[] => [fault('replica.kill', id), exited(life)];
/** Shoppers 2, 5, 8 … are those of shop-2. */
const ofShop2 = (count: number) => Array.from({ length: count }, (_, index) => 2 + index * 3);

test('a killed replica drops its sessions, and those nobody missed yet are told apart', () => {
  const { scene } = lunch().tell(...kill(), ...ofShop2(18).map((shopper) => broke(shopper, 'shop-2#1')));
  assert.deepEqual(scene.floor, { lost: 20, unasked: 2, from: ['shop-2'] });
  assert.deepEqual(
    scene.deaths.map(({ life, how, sessions: count }) => [life, how, count]),
    [['shop-2#1', 'killed', 20]],
  );
  const { carts, broken, fromTargets, again, open } = scene.impact ?? assert.fail();
  assert.deepEqual([carts, broken, fromTargets, again, open], [60, 18, 18, 0, true]);
});

test('sessions of shoppers who have left are lost, and nobody is said to ask for them yet', () => {
  const left = lunch().tell(sessions({ 'shop-2': 326 }), ...kill());
  assert.deepEqual(left.scene.floor, { lost: 326, unasked: 20, from: ['shop-2'] });
  const later = left.tell(...ofShop2(20).map((shopper) => broke(shopper, 'shop-2#1')));
  assert.equal(later.scene.floor.unasked, 0);
});

test('no fewer sessions are lost than carts broke by it: the last count may be a second old', () => {
  const { scene } = lunch().tell(
    sessions({ 'shop-2': 12 }),
    ...kill(),
    ...ofShop2(14).map((shopper) => broke(shopper, 'shop-2#1')),
  );
  assert.deepEqual(scene.floor, { lost: 14, unasked: 0, from: ['shop-2'] });
  assert.equal(scene.impact?.fromTargets, 14);
});

test('carts that broke elsewhere do not use up what nobody has missed', () => {
  const { scene } = lunch().tell(...kill(), broke(1, 'shop-1#1'), broke(2, 'shop-2#1'));
  assert.equal(scene.floor.unasked, 19);
  assert.deepEqual([scene.impact?.broken, scene.impact?.fromTargets], [2, 1]);
});

test('a frozen or parted replica loses nothing', () => {
  for (const name of ['replica.pause', 'replica.partition', 'link.down'] as const) {
    const { scene } = lunch().tell(fault(name, 'shop-2'), {
      type: 'replica.paused',
      replica: 'shop-2',
      life: 'shop-2#1',
    });
    assert.deepEqual([scene.floor.lost, scene.deaths.length], [0, 0], name);
  }
});

test('what is still counted of a replica that ended is not counted for its next life', () => {
  const story = lunch().tell(...kill(), sessions({ 'shop-2': 20 }));
  story.tell({ type: 'replica.started', replica: 'shop-2', life: 'shop-2#2' });
  story.tell(
    { type: 'replica.ready', replica: 'shop-2', life: 'shop-2#2', ms: 500 },
    sessions({ 'shop-2': 20 }, 'down'),
    exited('shop-2#2'),
  );
  assert.equal(story.scene.floor.lost, 20);
  assert.equal(story.scene.deaths.at(-1)?.sessions, null, 'nobody has counted in its short life');
});

test('how a life ended is told in the words of what was done to it', () => {
  const hows = (...events: ClusterEvent[]) =>
    lunch()
      .tell(...events)
      .scene.deaths.map(({ how }) => how);
  assert.deepEqual(hows(exited('shop-1#1', false)), ['ended by a crash of its own']);
  assert.deepEqual(hows(fault('replica.crash', 'shop-1'), exited('shop-1#1', false)), ['ended by a crash']);
  assert.deepEqual(hows(fault('replica.restart', 'shop-1'), exited('shop-1#1')), ['restarted']);
  const deploy: ClusterEvent = {
    type: 'deploy.phase',
    id: 'd1',
    phase: 'started',
    replica: null,
    done: 0,
    of: 3,
  };
  assert.deepEqual(hows(deploy, exited('shop-1#1')), ['replaced by a deploy']);
  const drain: ClusterEvent = {
    ...{ type: 'upstream.state', upstream: 'shop-3', life: 'shop-3#1' },
    ...{ from: 'up', to: 'draining', why: 'by the operator' },
  };
  assert.deepEqual(hows(drain, exited('shop-3#1')), ['removed']);
});

test('what is in the store falls when it is killed or flushed', () => {
  const stored: ClusterEvent = { type: 'store.sampled', keys: 41, opsPerSecond: 90, usedBytes: 10 ** 6 };
  const killed = lunch().tell(stored, fault('store.kill', 'redis'), {
    type: 'store.state',
    state: 'exited',
    how: '',
  });
  assert.deepEqual(killed.scene.floor, { lost: 41, unasked: 41, from: ['redis'] });
  assert.equal(killed.scene.store?.keys, 0);
  const flushed = lunch().tell(stored, fault('store.flush', 'redis'));
  assert.equal(flushed.scene.floor.lost, 41);
  const frozen = lunch().tell(stored, fault('store.pause', 'redis'), {
    type: 'store.state',
    state: 'paused',
    how: '',
  });
  assert.equal(frozen.scene.floor.lost, 0);
});

test('which cart was in the store nobody can tell: each that breaks then is one of those it lost', () => {
  const story = lunch().tell({ type: 'store.sampled', keys: 3, opsPerSecond: 90, usedBytes: 10 ** 6 });
  story.tell(fault('store.kill', 'redis'), { type: 'store.state', state: 'exited', how: '' });
  story.tell(...[1, 2, 3, 4].map((shopper) => broke(shopper, 'shop-1#1')));
  assert.deepEqual(story.scene.floor, { lost: 3, unasked: 0, from: ['redis'] });
});

test('sessions that a switch had left behind are lost, but nobody will ask for them', () => {
  const story = lunch();
  const settings = { ...(story.state.settings ?? assert.fail()), sessions: 'redis' as const };
  story.tell({ type: 'settings.changed', settings, changed: ['sessions'] }, ...kill());
  assert.deepEqual(story.scene.floor, { lost: 20, unasked: 0, from: ['shop-2'] });
});

test('a replica that a deploy takes away from the proxy first keeps what was counted of it', () => {
  const story = lunch().tell(
    { type: 'deploy.phase', id: 'd1', phase: 'started', replica: null, done: 0, of: 3 },
    { type: 'upstream.removed', upstream: 'shop-2' },
    sessions({ 'shop-1': 20, 'shop-3': 20 }),
    exited('shop-2#1'),
  );
  assert.equal(story.scene.floor.lost, 20);
});

test('each shopper is counted once, and how many broke twice is known', () => {
  const { scene } = lunch().tell(
    ...kill(),
    ...[2, 5, 2, 2, 5, 8].map((shopper) => broke(shopper, 'shop-2#1')),
  );
  assert.deepEqual([scene.impact?.broken, scene.impact?.again], [3, 2]);
});

test('a broken cart that is told twice is counted once', () => {
  const { scene } = lunch().tell(
    ...kill(),
    broke(2, 'shop-2#1', 1),
    broke(5, 'shop-2#1', 2),
    broke(2, 'shop-2#1', 1),
  );
  assert.deepEqual([scene.impact?.broken, scene.impact?.again, scene.floor.unasked], [2, 0, 18]);
});

test('who began its cart after the fault is not of those it could break', () => {
  const story = new Story().tell(
    placed([
      [1, 'shop-1', 'right'],
      [2, 'shop-2', 'none'],
    ]),
    now(1, 0),
  );
  story.tell(fault('link.latency', 'shop-1'), broke(2, 'shop-1#1'), broke(1, 'shop-1#1'));
  assert.deepEqual([story.scene.impact?.carts, story.scene.impact?.broken], [1, 1]);
});

test('a cart that was right on a life that is over had been there, told in time or not', () => {
  const story = new Story().tell(
    placed([
      [1, 'shop-1', 'right'],
      [2, 'shop-2', 'none'],
    ]),
    now(1, 0),
  );
  story.tell(...kill(), broke(2, 'shop-2#1'));
  assert.deepEqual([story.scene.impact?.carts, story.scene.impact?.broken], [2, 1]);
});

test('… and is not counted twice when the number of carts had it already', () => {
  const story = new Story().tell(
    placed([
      [1, 'shop-1', 'right'],
      [2, 'shop-2', 'none'],
    ]),
    now(2, 0),
  );
  story.tell(...kill(), broke(2, 'shop-2#1'));
  assert.deepEqual([story.scene.impact?.carts, story.scene.impact?.broken], [2, 1]);
});

test('an impact ends with the next thing that is done; its undo is not one', () => {
  const undone: ClusterEvent = {
    type: 'fault.undone',
    id: 'f1',
    fault: 'replica.kill',
    target: 'shop-2',
    why: 'asked',
  };
  const story = lunch().tell(...kill(), undone, broke(2, 'shop-2#1'));
  assert.equal(story.scene.impact?.broken, 1, 'started again it is as empty as before');
  const settings = { ...(story.state.settings ?? assert.fail()), sessions: 'redis' as const };
  story.tell({ type: 'settings.changed', settings, changed: ['sessions'] }, broke(5, 'shop-2#1'));
  assert.deepEqual([story.scene.impact?.broken, story.scene.impact?.open], [1, false]);
  story.tell(fault('replica.pause', 'shop-1'));
  assert.deepEqual([story.scene.impact?.kind, story.scene.impact?.broken], ['replica.pause', 0]);
});

test('a fault while nobody shops hits no cart', () => {
  const ended = lunch().tell(now(60, 0, { done: true }), ...kill());
  assert.equal(ended.scene.impact?.carts, 0);
  assert.equal(new Story().tell(...kill()).scene.impact?.carts, 0);
});

test('fewer replicas: it begins with the drain, before anybody says how many there will be', () => {
  const story = lunch().tell(
    { type: 'upstream.state', upstream: 'shop-3', life: 'shop-3#1', from: 'up', to: 'draining', why: '' },
    { type: 'upstream.removed', upstream: 'shop-3' },
    exited('shop-3#1'),
    broke(3, 'shop-3#1'),
    { type: 'replica.removed', replica: 'shop-3' },
    { type: 'cluster.scaled', from: 3, to: 2 },
    broke(6, 'shop-3#1'),
  );
  const { what, kind, targets, broken, fromTargets } = story.scene.impact ?? assert.fail();
  assert.deepEqual([what, kind, targets], ['3 → 2 replicas', 'replicas.set', ['shop-3']]);
  assert.deepEqual([broken, fromTargets, story.scene.floor.lost], [2, 2, 20]);
});

test('students count like robots', () => {
  const cart = (id: string, look: 'right' | 'broken', on = 'shop-2'): ClusterEvent => ({
    ...{ type: 'student.cart', id, name: 'Owl', on, cart: look },
    ...{ items: 2, silent: look === 'broken' },
  });
  const story = lunch().tell({ type: 'student.joined', id: 'p1', name: 'Owl' }, cart('p1', 'right'));
  assert.deepEqual(story.scene.now, { carts: 61, broken: 0, silent: 0 });
  story.tell(...kill(), cart('p1', 'broken', 'shop-1'), cart('p1', 'broken', 'shop-1'));
  assert.deepEqual(story.scene.now, { carts: 61, broken: 1, silent: 1 });
  const { carts, broken, fromTargets, again } = story.scene.impact ?? assert.fail();
  assert.deepEqual([carts, broken, fromTargets, again], [61, 1, 1, 0]);
  assert.equal(story.scene.floor.unasked, 19);
  story.tell({ type: 'student.left', id: 'p1', name: 'Owl', why: 'left' });
  assert.deepEqual([story.scene.students, story.scene.now.carts], [[], 60]);
});

test('seconds have no gaps, carry on what nobody has told anew, and count errors where they fell', () => {
  const story = new Story().tell(
    { ...now(60, 0), t: 1000 },
    { ...sessions({ 'shop-1': 1, 'shop-2': 1 }), t: 1500 },
    { ...now(57, 3, { errors: { fail: 4, unknown: 1 } }), t: 4200 },
  );
  assert.deepEqual(
    story.scene.seconds.map(({ t, broken, errors, requestsPerSecond }) => [
      t,
      broken,
      errors,
      requestsPerSecond,
    ]),
    [
      [1000, 0, 0, 20],
      [2000, 0, 0, 20],
      [3000, 0, 0, 20],
      [4000, 3, 5, 20],
    ],
  );
  assert.equal(sceneAt(story.scene, 9900).seconds.at(-1)?.t, 9000, 'a page goes on with its own clock');
  story.tell({ type: 'link.state', part: 'proxy', state: 'lost' });
  assert.equal(story.scene.seconds.at(-1)?.requestsPerSecond, null);
});

test('a load that starts again counts its errors from zero, and nothing becomes negative', () => {
  const errors = (fail: number) => ({ errors: { fail, unknown: 0 } });
  const story = new Story().tell(now(60, 0, errors(40)), now(60, 0, { ...errors(2), run: 'zz9' }));
  assert.equal(story.scene.errors, 2);
  assert.ok(story.scene.seconds.every((second) => second.errors >= 0));
});

test('a new load clears what the one before has left; its late words change nothing', () => {
  const story = lunch().tell(
    ...kill(),
    broke(2, 'shop-2#1'),
    now(60, 0, { run: 'zz9' }),
    broke(5, 'shop-2#1'),
  );
  const { run, floor, impact, robots } = story.scene;
  assert.deepEqual([run?.id, floor.lost, impact, robots], ['zz9', 0, null, {}]);
});

test('a load that was killed says no last word: it is over when it has been silent', () => {
  const story = lunch();
  const { t } = story.state;
  assert.equal(story.tell({ ...sessions({}), t: t + 4000 }).scene.run?.endedAt, null);
  assert.notEqual(story.tell({ ...sessions({}), t: t + 9000 }).scene.run?.endedAt, null);
  assert.equal(story.tell(now(60, 0)).scene.run?.endedAt, null, 'it was only slow');
});

test('a reset leaves the time line and empties everything else', () => {
  const story = lunch().tell(...kill(), { type: 'cluster.reset', ms: 900 });
  const { run, robots, impact, floor, now: sum, flags } = story.scene;
  assert.deepEqual([run, robots, impact, floor.lost, sum.carts], [null, {}, null, 0, 0]);
  assert.deepEqual(
    flags.map(({ text }) => text),
    ['Kill shop-2', 'Reset'],
  );
});

test('five faults within ten seconds are five flags', () => {
  const ids = ['shop-1', 'shop-2', 'shop-3', 'shop-4', 'shop-5'];
  const { scene } = lunch().tell(...ids.map((id) => fault('replica.kill', id)));
  assert.deepEqual(
    scene.flags.map(({ text, lane, fault: crack }) => [text, lane, crack]),
    ids.map((id) => [`Kill ${id}`, 'we', true]),
  );
});

test('flags say what we did and what the cluster did', () => {
  const up = { type: 'upstream.state', upstream: 'shop-2', life: 'shop-2#1', why: '' } as const;
  const story = lunch();
  const settings = story.state.settings ?? assert.fail();
  story.tell(
    { type: 'settings.changed', settings: { ...settings, affinity: 'cookie' }, changed: ['affinity'] },
    { type: 'settings.changed', settings: { ...settings, sessions: 'redis' }, changed: ['sessions'] },
    ...kill(),
    { ...up, from: 'up', to: 'down' },
    { type: 'fault.undone', id: 'f1', fault: 'replica.kill', target: 'shop-2', why: 'asked' },
    { ...up, from: 'down', to: 'up' },
  );
  assert.deepEqual(
    story.scene.flags.map(({ lane, text }) => `${lane}: ${text}`),
    [
      'we: LB cookie on',
      'we: Redis on',
      'we: Kill shop-2',
      'cluster: shop-2 down',
      'we: Undo kill shop-2',
      'cluster: shop-2 back',
    ],
  );
});

test('a cluster that comes up is no news on its time line', () => {
  const up = (id: string): ClusterEvent => ({
    ...{ type: 'upstream.state', upstream: id, life: `${id}#1` },
    ...{ from: 'down', to: 'up', why: 'health check passed' },
  });
  const { scene } = new Story().tell(
    { type: 'store.state', state: 'ready', how: '' },
    up('shop-1'),
    up('shop-2'),
  );
  assert.deepEqual(scene.flags, []);
});

test('progress without places still counts, and a thousand shoppers are only counted', () => {
  const story = new Story().tell(
    progressOf(0, { shoppers: 1000, now: { right: 900, broken: 0, silent: 0 } }),
  );
  story.tell(placed(Array.from({ length: 900 }, (_, index) => [index + 1, 'shop-1', 'right'])));
  assert.equal(Object.keys(story.scene.robots).length, 500);
  story.tell(...kill(), broke(800, 'shop-2#1'));
  assert.deepEqual([story.scene.impact?.carts, story.scene.impact?.broken], [900, 1]);
});
