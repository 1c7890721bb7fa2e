import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, type FaultName } from '../apps/agent/contract.ts';
import type { ClusterEvent, ClusterState, Impact } from '../apps/console/contract.ts';
import { captionOf } from '../apps/console/scene/caption.ts';
import { SETTINGS } from '../proxy/contract.ts';
import { broke, exited, fault, now, placed, Story, sessions, shopping } from './support/scene-events.ts';

const text = ({ state }: Story) => captionOf(state, state.t).text;
const later = ({ state }: Story) => captionOf(state, state.t + 9000, state.t + 9000).text;
const lunch = (
  affinity: 'none' | 'cookie' | 'ip-hash' = 'cookie',
  where: 'memory' | 'redis' | 'cookie' = 'memory',
) =>
  new Story()
    .with({ affinity, sessions: where })
    .tell(...shopping(60), sessions(where === 'memory' ? { 'shop-2': 20 } : { 'shop-2': 0 }));
const killed = (story: Story) => story.tell(fault('replica.kill', 'shop-2'), exited('shop-2#1'));
const losses = (count: number, was = 'shop-2#1') =>
  Array.from({ length: count }, (_, index) => broke(index + 1, was));

test('before anything happens the sentence says what to do', () => {
  assert.equal(text(new Story()), 'Nobody is shopping yet. Start shoppers, or join with a phone.');
});

test('calm: where carts live, in the words of the setting', () => {
  assert.equal(text(lunch()), 'All 60 carts are right. Each lives in the memory of one replica.');
  assert.equal(text(lunch('cookie', 'redis')), 'All 60 carts are right. Each lives in Redis.');
  assert.equal(
    text(lunch('cookie', 'cookie')),
    'All 60 carts are right. Each lives in its shopper’s own cookie.',
  );
});

test('a hash of addresses that sends the whole class to one replica is told', () => {
  const story = lunch('ip-hash').tell(
    placed(Array.from({ length: 60 }, (_, index) => [index + 1, 'shop-2', 'right'])),
  );
  assert.equal(text(story), 'All 60 carts are right. The hash sends every shopper to shop-2.');
  assert.equal(text(lunch('ip-hash')), 'All 60 carts are right. Each lives in the memory of one replica.');
});

test('one wrong cart among many is one', () => {
  assert.equal(text(lunch('cookie', 'redis').tell(now(59, 1))), '1 of 60 carts is wrong.');
});

test('a hash of the session: why carts of a new load break', () => {
  assert.equal(
    text(lunch().with({ affinity: 'session-hash' }).tell(now(27, 33))),
    '33 of 60 carts are wrong. A new session id hashes to another replica.',
  );
});

test('kill: how many, and that they lived there only when all of them did', () => {
  assert.equal(
    text(killed(lunch()).tell(...losses(21))),
    'Killing shop-2 broke 21 of 60 carts. All 21 lived only in its memory.',
  );
  assert.equal(
    text(killed(lunch()).tell(...losses(18), broke(40, 'shop-3#1'))),
    'Killing shop-2 broke 19 of 60 carts. 18 of them lived in its memory.',
  );
  assert.equal(
    text(killed(lunch()).tell(broke(2, 'shop-2#1'))),
    'Killing shop-2 broke 1 of 60 carts. It lived only in its memory.',
  );
});

test('kill: at 0 it says where the carts are, or that they are gone and nobody has asked yet', () => {
  assert.equal(
    text(killed(lunch('cookie', 'redis'))),
    'Killing shop-2 broke 0 of 60 carts. They all live in Redis.',
  );
  assert.equal(
    text(killed(lunch('cookie', 'cookie'))),
    'Killing shop-2 broke 0 of 60 carts. Each shopper carries its own.',
  );
  assert.equal(
    text(killed(lunch())),
    'Killing shop-2 broke 0 of 60 carts. 20 sessions in its memory are gone.',
  );
});

test('what others left in the memory of the killed one is not told as why the carts in Redis are right', () => {
  const withRest = (where: 'redis' | 'cookie') => lunch('cookie', where).tell(sessions({ 'shop-2': 29 }));
  assert.equal(
    text(killed(withRest('redis'))),
    'Killing shop-2 broke 0 of 60 carts. They all live in Redis.',
  );
  assert.equal(
    text(killed(withRest('cookie'))),
    'Killing shop-2 broke 0 of 60 carts. Each shopper carries its own.',
  );
});

test('two replicas killed at once: the cause is told shorter before it is left out', () => {
  const both = lunch().tell(
    fault('replica.kill', 'shop-1', 'shop-2'),
    exited('shop-1#1'),
    exited('shop-2#1'),
  );
  const lost = Array.from({ length: 40 }, (_, index) =>
    broke(index + 1, index % 2 === 0 ? 'shop-1#1' : 'shop-2#1'),
  );
  assert.equal(
    text(both.tell(...lost)),
    'Killing shop-1 and shop-2 broke 40 of 60 carts. All 40 lived only there.',
  );
});

test('fewer replicas: why the carts broke; more: why pinned shoppers keep theirs', () => {
  const leave = ['shop-2', 'shop-3'].flatMap((id): ClusterEvent[] => [
    { type: 'upstream.state', upstream: id, life: `${id}#1`, from: 'up', to: 'draining', why: 'taken away' },
    exited(`${id}#1`),
  ]);
  const fewer = lunch().tell(...leave, { type: 'cluster.scaled', from: 3, to: 1 }, ...losses(19));
  assert.equal(text(fewer), 'Going from 3 to 1 replicas broke 19 of 60 carts. All 19 lived only there.');
  assert.equal(
    text(lunch().tell({ type: 'cluster.scaled', from: 3, to: 8 })),
    'Going from 3 to 8 replicas broke 0 of 60 carts. Pinned shoppers stay pinned.',
  );
});

test('a cart that lives in Redis is never said to have lived in a replica', () => {
  assert.equal(
    text(killed(lunch('cookie', 'redis')).tell(...losses(3))),
    'Killing shop-2 broke 3 of 60 carts.',
  );
});

test('without affinity carts break all the time: no fault gets the blame', () => {
  assert.equal(
    text(lunch('none').tell(now(39, 21))),
    '21 of 60 carts are wrong. Requests meet replicas that never saw the cart.',
  );
  assert.equal(
    text(killed(lunch('none')).tell(...losses(5))),
    'Kill shop-2: 5 of 60 carts broke since. Without affinity they break anyway.',
  );
});

test('with a hash that moves others, too', () => {
  assert.equal(
    text(killed(lunch('ip-hash')).tell(...losses(9), broke(40, 'shop-3#1'))),
    'Killing shop-2 broke 10 of 60 carts. 9 lived there, the hash moved the rest.',
  );
});

test('freeze: who waits, and that nothing is lost', () => {
  const story = lunch().tell(fault('replica.pause', 'shop-2'));
  assert.equal(text(story), 'shop-2 is frozen. 20 shoppers wait; no cart is lost yet.');
  story.tell({ type: 'fault.undone', id: 'f1', fault: 'replica.pause', target: 'shop-2', why: 'asked' });
  assert.equal(text(story), 'Freezing shop-2 broke 0 of 60 carts. It runs again with all it had.');
});

test('frozen for long its shoppers are sent to others, who have never seen their carts', () => {
  const story = lunch().tell(fault('replica.pause', 'shop-2'), ...losses(16));
  assert.equal(text(story), 'shop-2 is frozen. 16 of 60 carts broke; what they held is still there.');
  story.tell({
    type: 'fault.undone',
    id: 'f1',
    fault: 'replica.pause',
    target: 'shop-2',
    why: 'its time is up',
  });
  assert.equal(text(story), 'Freezing shop-2 broke 16 of 60 carts. Its shoppers were sent elsewhere.');
});

test('deploy: how far, how many, how many of them twice', () => {
  const story = lunch().tell({
    type: 'deploy.phase',
    id: 'd1',
    phase: 'started',
    replica: null,
    done: 0,
    of: 3,
  });
  story.tell(exited('shop-2#1'), ...losses(12), ...losses(4));
  assert.equal(text(story), 'Deploying 1 of 3: 12 carts broken so far, 4 of them twice.');
  story.tell({ type: 'deploy.phase', id: 'd1', phase: 'finished', replica: null, done: 3, of: 3 });
  assert.equal(text(story), 'The deploy broke 12 of 60 carts, 4 of them twice.');
});

test('store dead: requests fail, and no replica has the carts', () => {
  const story = lunch('cookie', 'redis').tell(fault('store.kill', 'redis'), {
    type: 'store.state',
    state: 'exited',
    how: 'signal SIGKILL',
  });
  story.tell(now(60, 0, { errors: { fail: 30, unknown: 2 } }));
  assert.equal(text(story), 'Redis is down. 32 requests failed; no replica has the carts.');
  story.tell({ type: 'store.state', state: 'ready', how: '' }, ...losses(7, 'shop-1#1'));
  assert.equal(text(story), 'Killing Redis broke 7 of 60 carts. It came back empty.');
  assert.equal(
    text(lunch().tell(fault('store.kill', 'redis'))),
    'Killing Redis broke 0 of 60 carts. None of them lives there.',
  );
});

test('a switch is the news for some seconds, then it is how things are', () => {
  const story = lunch();
  const settings = { ...(story.state.settings ?? assert.fail()), sessions: 'redis' as const };
  story.tell({ type: 'settings.changed', settings, changed: ['sessions'] });
  assert.equal(text(story), 'Sessions now live in Redis. Carts from before stay where they were.');
  assert.equal(later(story), 'All 60 carts are right. Each lives in Redis.');
});

test('a switch and a reset need not wait until the sentence before them was read, how things are does', () => {
  const story = lunch();
  const about = ({ state }: Story, ms = 0) => captionOf(state, state.t + ms, state.t + ms).about;
  assert.equal(about(story), 'state');
  const settings = { ...(story.state.settings ?? assert.fail()), sessions: 'redis' as const };
  story.tell({ type: 'settings.changed', settings, changed: ['sessions'] });
  assert.equal(about(story), 'news');
  assert.equal(about(story, 9000), 'state');
  assert.equal(about(lunch().tell({ type: 'cluster.reset', ms: 9 })), 'news');
});

test('several faults at once are counted, not told apart', () => {
  const story = lunch().tell(
    ...['shop-1', 'shop-2', 'shop-3'].map((id) => fault('replica.kill', id)),
    now(10, 50),
  );
  assert.equal(text(story), '3 faults within 10 s. 50 of 60 carts are broken now.');
});

test('emergency stop, reset, and shoppers that have left', () => {
  assert.match(
    text(lunch().tell({ type: 'cluster.stopped', undone: 2 })),
    /^Emergency stop\. Every fault was undone/,
  );
  assert.match(text(lunch().tell({ type: 'cluster.reset', ms: 9 })), /^Everything is as it was at the start/);
  assert.equal(
    text(lunch().tell(now(50, 10, { done: true }))),
    'The shoppers have left. 10 of 60 carts were broken at the end.',
  );
});

test('an old picture says so, and from when it is', () => {
  const { state } = lunch();
  const { text: stale, about } = captionOf(state, state.t + 12_000, state.t);
  assert.match(stale, /^No news from the cluster for 12 s\. This picture is from \d\d:\d\d:\d\d\.$/);
  assert.equal(about, 'stale');
});

test('no sentence is wider than the stage, with the longest names and the largest numbers', () => {
  const cases = everyImpact();
  assert.ok(cases.length > 3000);
  for (const state of cases) {
    const { text } = captionOf(state, 1000);
    assert.ok(text.length <= 80, `${text.length}: ${text}`);
    assert.match(text, /^[A-Zs0-9].*[.]$/);
    assert.ok(!/failed to|should|undefined|…/.test(text), text);
    if (state.scene.impact?.broken === 0) assert.ok(!/ broke [1-9]/.test(text), text);
  }
});

const COUNTS = [
  [0, 0, 0, 0],
  [740, 0, 0, 0],
  [740, 1, 1, 0],
  [740, 740, 740, 0],
  [740, 739, 123, 600],
  [1, 1, 0, 0],
];

/** Each kind of impact, at one, two and many replicas, under every setting, with every outcome, there and gone. */
function everyImpact(): ClusterState[] {
  const replicas = [
    ['shop-10'],
    ['shop-10', 'shop-11'],
    Array.from({ length: 16 }, (_, i) => `shop-${i + 1}`),
  ];
  const kinds = [...(Object.keys(FAULTS) as FaultName[]), 'replicas.set' as const, 'drain' as const];
  const settings = SETTINGS.affinity.flatMap((affinity) =>
    SETTINGS.sessions.map((where) => ({ affinity, where })),
  );
  const outcomes = COUNTS.flatMap((counts) => [true, false].map((active) => ({ counts, active })));
  return kinds.flatMap((kind) =>
    replicas.flatMap((targets) =>
      settings.flatMap((how) =>
        outcomes.map(({ counts: [carts = 0, broken = 0, fromTargets = 0, again = 0], active }) => {
          const what = kind === 'replicas.set' ? '16 → 15 replicas' : `Narrow link ${targets.join(', ')}`;
          const impact = { what, kind, targets, t: 0, carts, broken, fromTargets, again, open: true };
          return stateWith(impact, { ...how, active });
        }),
      ),
    ),
  );
}

function stateWith(
  impact: Impact,
  how: {
    affinity: (typeof SETTINGS.affinity)[number];
    where: (typeof SETTINGS.sessions)[number];
    active: boolean;
  },
): ClusterState {
  const { state } = new Story()
    .with({ affinity: how.affinity, sessions: how.where })
    .tell(placed([[1, 'shop-10', 'right']]), now(740, 0));
  const { kind, targets } = impact;
  const id = 'f1';
  const fault = kind === 'replicas.set' || kind === 'drain' ? 'scale.in' : kind;
  const deaths = targets.map((target) => ({ life: `${target}#1`, t: 1, how: 'killed', sessions: 100 }));
  return {
    ...state,
    faults: [
      {
        id,
        fault,
        target: '',
        targets,
        with: {},
        forMs: null,
        injectedAt: 0,
        state: how.active ? 'active' : 'undone',
      },
    ],
    deploy: { id: 'd1', state: how.active ? 'running' : 'failed', replaced: 15, of: 16 },
    scene: { ...state.scene, impact, deaths, errors: 123_456 },
  };
}
