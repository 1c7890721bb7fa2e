import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterEvent, VoteView } from '../apps/console/contract.ts';
import type { Line } from '../apps/console/line.ts';
import { narrate } from '../apps/console/narrate.ts';
import type { Settings } from '../proxy/contract.ts';
import { DEFAULTS } from '../proxy/settings.ts';
import { progressOf } from './support/cluster-state.ts';

const settings: Settings = {
  ...DEFAULTS,
  affinity: 'cookie',
  sessions: 'redis',
  epoch: 2,
};
const progress = progressOf(21, { shoppersHit: 18 });

const vote: VoteView = {
  id: 'v1',
  question: 'Will the carts survive?',
  options: ['Yes', 'No'],
  counts: [0, 0],
  open: true,
  came: null,
};

const you = (text: string): Line => ({ text, by: 'you' });
const cluster = (text: string): Line => ({ text, by: 'cluster' });

/** Every type of the union has its cases here: the compiler asks for them. */
const LINES: {
  [T in ClusterEvent['type']]: [event: Omit<Extract<ClusterEvent, { type: T }>, 'type'>, line: Line | null][];
} = {
  'settings.changed': [
    [{ settings, changed: ['affinity'] }, you('Affinity: LB cookie')],
    [{ settings, changed: ['sessions'] }, you('Sessions live in: Redis')],
    [{ settings, changed: ['affinity', 'sessions'] }, you('Affinity: LB cookie · Sessions live in: Redis')],
    [{ settings, changed: [] }, null],
  ],
  'upstream.added': [[{ upstream: 'shop-4', life: 'shop-4#1' }, cluster('shop-4#1 is known to the proxy')]],
  'upstream.removed': [[{ upstream: 'shop-4' }, cluster('shop-4 is no longer known to the proxy')]],
  'upstream.state': [
    [
      {
        upstream: 'shop-2',
        life: 'shop-2#5',
        from: 'up',
        to: 'down',
        why: 'health check failed: ECONNREFUSED',
      },
      cluster('shop-2 is down: health check failed: ECONNREFUSED'),
    ],
    [
      { upstream: 'shop-2', life: 'shop-2#5', from: 'up', to: 'ejected', why: '5 failures in a row' },
      cluster('shop-2 is ejected: 5 failures in a row'),
    ],
  ],
  'link.changed': [
    [
      { upstream: 'shop-2', toxics: { partition: {} }, why: 'asked' },
      cluster('The link to shop-2 has partition: asked'),
    ],
    [{ upstream: 'shop-2', toxics: {}, why: 'asked' }, cluster('The link to shop-2 is clean again: asked')],
  ],
  'pin.made': [[{ upstream: 'shop-1', affinity: 'cookie' }, null]],
  'pin.moved': [
    [{ from: 'shop-2', to: 'shop-1', affinity: 'cookie' }, cluster('1 pin moved from shop-2 to shop-1')],
  ],
  'pin.lost': [
    [{ upstream: null, affinity: 'cookie', why: 'unknown' }, null],
    [{ upstream: 'shop-1', affinity: 'cookie', why: 'idle' }, cluster('1 pin ended: not used for too long')],
  ],
  'upstream.weight': [[{ upstream: 'shop-2', from: 100, to: 25 }, you('Weight of shop-2: 25, it was 100')]],
  'drain.over': [
    [{ upstream: 'shop-2' }, cluster('The drain of shop-2 is over: it serves no pins any more')],
  ],
  'pool.panic': [
    [{ on: true, up: 1, of: 3 }, cluster('Panic: 1 of 3 replicas are up, so the proxy sends to all of them')],
    [{ on: false, up: 2, of: 3 }, cluster('No panic any more: 2 of 3 replicas are up')],
  ],
  'streams.closed': [
    [
      { upstream: 'shop-2', count: 1, why: 'the drain is over' },
      cluster('1 open stream of shop-2 closed with notice: the drain is over'),
    ],
  ],
  'request.sampled': [
    [
      {
        method: 'GET',
        path: '/api/cart',
        status: 200,
        upstream: 'shop-1',
        affinity: 'VN',
        attempts: ['shop-1:ok'],
        chosenBy: 'pin',
        queuedMs: 0,
        ms: 3,
      },
      null,
    ],
  ],
  'request.retried': [
    [
      { from: 'shop-2', to: 'shop-1', reason: 'refused', method: 'POST' },
      cluster('POST for shop-2 was sent to shop-1 instead: refused'),
    ],
  ],
  'replica.started': [[{ replica: 'shop-2', life: 'shop-2#6' }, cluster('shop-2#6 started')]],
  'replica.ready': [
    [{ replica: 'shop-2', life: 'shop-2#6', ms: 173 }, cluster('shop-2#6 ready after 173 ms')],
  ],
  'replica.exited': [
    [
      { replica: 'shop-2', life: 'shop-2#5', how: 'signal SIGKILL', expected: true },
      cluster('shop-2#5 exited, signal SIGKILL'),
    ],
    [
      { replica: 'shop-2', life: 'shop-2#5', how: 'code 1', expected: false },
      cluster('shop-2#5 died by itself, code 1; it is started again'),
    ],
  ],
  'replica.paused': [[{ replica: 'shop-2', life: 'shop-2#5' }, cluster('shop-2#5 is frozen')]],
  'replica.resumed': [[{ replica: 'shop-2', life: 'shop-2#5' }, cluster('shop-2#5 runs again')]],
  'replica.removed': [[{ replica: 'shop-4' }, cluster('shop-4 removed')]],
  'store.state': [
    [{ state: 'exited', how: 'signal SIGKILL' }, cluster('The store exited, signal SIGKILL')],
    [{ state: 'exited', how: '' }, cluster('The store exited')],
    [{ state: 'paused', how: 'paused' }, cluster('The store is frozen')],
  ],
  'proxy.state': [[{ state: 'ready', how: 'ready' }, cluster('The proxy is ready')]],
  'console.state': [[{ state: 'starting', how: 'started' }, cluster('The console started')]],
  'fault.injected': [
    [{ id: 'f1', fault: 'replica.kill', target: 'shop-2', forMs: null }, you('Kill shop-2')],
    [{ id: 'f2', fault: 'store.pause', target: 'redis', forMs: 3000 }, you('Freeze Redis for 3 s')],
    // What hits all of the cluster is not said to hit a member named cluster.
    [{ id: 'f3', fault: 'key.rotate', target: 'cluster', forMs: null }, you('New signing key')],
  ],
  'fault.undone': [
    [{ id: 'f1', fault: 'replica.kill', target: 'shop-2', why: 'asked' }, you('Undone: Kill shop-2')],
    [
      { id: 'f2', fault: 'replica.pause', target: 'shop-2', why: 'its time is up' },
      cluster('Undone: Freeze shop-2, its time is up'),
    ],
  ],
  'fault.failed': [
    [
      { id: 'f1', fault: 'replica.kill', target: 'shop-2', message: 'undo: it was not ready within 15 s' },
      cluster('Failed: Kill shop-2: undo: it was not ready within 15 s'),
    ],
  ],
  'fault.unkept': [
    [
      { id: 'f1', fault: 'replica.pause', target: 'shop-2', message: 'it took too long' },
      cluster('Freeze shop-2 may end early, it cannot be renewed: it took too long'),
    ],
  ],
  'record.damaged': [
    [
      { file: 'f1.json.damaged', message: 'Unexpected end of JSON input' },
      cluster(
        'What was noted of an old fault cannot be read, see f1.json.damaged: Unexpected end of JSON input',
      ),
    ],
  ],
  'cluster.stopped': [
    [{ undone: 3 }, you('Emergency stop: 3 faults undone, no new ones until it is armed again')],
  ],
  'cluster.armed': [[{}, you('Armed again: faults are allowed')]],
  'deploy.phase': [
    [{ id: 'd1', phase: 'started', replica: null, done: 0, of: 3 }, you('Rolling deploy of 3 replicas')],
    [
      { id: 'd1', phase: 'started', strategy: 'recreate-all', replica: null, done: 0, of: 3 },
      you('Deploy, all at once, of 3 replicas'),
    ],
    [
      { id: 'd1', phase: 'draining', replica: 'shop-1', done: 0, of: 3 },
      cluster('Deploy: shop-1 is draining'),
    ],
    [
      { id: 'd1', phase: 'replaced', replica: 'shop-1', done: 1, of: 3 },
      cluster('Deploy: shop-1 replaced, 1 of 3'),
    ],
    [
      { id: 'd1', phase: 'finished', replica: null, done: 3, of: 3 },
      cluster('Deploy finished: 3 of 3 replaced'),
    ],
  ],
  'deploy.failed': [
    [{ id: 'd1', message: 'shop-2 did not start' }, cluster('Deploy failed: shop-2 did not start')],
  ],
  'cluster.scaled': [[{ from: 3, to: 4 }, you('Replicas: 4, before 3')]],
  'cluster.reset': [[{ ms: 1240 }, you('Reset, ready again after 1.2 s')]],
  'carts.progress': [
    [progress, null],
    [
      { ...progress, done: true },
      cluster('Load finished: 21 of 68 carts broken, 18 of 60 shoppers hit, 4 errors'),
    ],
  ],
  'cart.broken': [
    [
      {
        run: 'k3f',
        shopper: 's17',
        class: 'lostSession',
        was: 'shop-2#5',
        now: 'shop-1#2',
        status: 200,
        missing: ['mug', 'tea', 'mug', 'lamp'],
      },
      cluster('The cart of s17 broke: lost session, mug, tea and lamp gone; last whole on shop-2#5'),
    ],
    [
      { run: 'k3f', shopper: 's1', class: 'duplicate', was: null, now: null, status: 200, missing: [] },
      cluster('The cart of s1 broke: duplicate'),
    ],
  ],
  'rates.sampled': [[{ upstreams: [] }, null]],
  'link.state': [
    [{ part: 'proxy', state: 'lost' }, cluster('The proxy cannot be asked')],
    [{ part: 'agent', state: 'connected' }, cluster('The agent can be asked again')],
  ],
  'load.started': [
    [{ shoppers: 60, seed: 42 }, you('Load: 60 shoppers, seed 42')],
    [{ shoppers: 1, seed: null }, you('Load: 1 shopper')],
  ],
  'carts.placed': [[{ run: 'k3f', all: false, carts: [[12, 'shop-2', 'right']] }, null]],
  'answers.sampled': [[{ run: 'k3f', of: 9, overMs: 250, samples: [[12, 'shop-2', 'wrong']] }, null]],
  'store.sampled': [[{ keys: 60, opsPerSecond: 120, usedBytes: 1_100_000 }, null]],
  'phones.address': [[{ joinUrls: ['http://10.0.0.7:8090/join'] }, null]],
  'recording.moved': [[{ t: 9000, speed: 4 }, null]],
  'student.joined': [[{ id: 'p1', name: 'Badger' }, null]],
  'student.left': [[{ id: 'p1', name: 'Badger', why: 'asleep' }, null]],
  'student.cart': [
    [{ id: 'p1', name: 'Badger', on: 'shop-2', cart: 'broken', items: 3, silent: true }, null],
  ],
  'vote.changed': [
    [{ vote: null }, null],
    [{ vote }, you('Vote: Will the carts survive?')],
    [{ vote: { ...vote, counts: [3, 4] } }, null],
    [{ vote: { ...vote, counts: [3, 4], open: false, came: 1 } }, you('Vote decided: No')],
  ],
  'load.ended': [
    [{ exitCode: 0 }, cluster('Load ended: all checked carts are right')],
    [{ exitCode: 143 }, cluster('Load ended: stopped')],
    [{ exitCode: 7 }, cluster('Load ended: exit code 7')],
  ],
};

for (const [type, cases] of Object.entries(LINES)) {
  test(`${type} is told in plain words, or not at all`, () => {
    for (const [event, line] of cases) {
      assert.deepEqual(narrate({ ...event, type, seq: 1, t: 0 } as never), line);
    }
  });
}

test('an event of a newer cluster has no line and breaks nothing', () => {
  assert.equal(narrate({ type: 'moon.rose', seq: 1, t: 0 } as never), null);
});
