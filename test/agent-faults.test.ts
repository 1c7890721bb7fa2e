import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, type FaultName } from '../apps/agent/contract.ts';
import { FAULT_ACTIONS } from '../apps/agent/faults/actions/index.ts';
import { ApiError } from '../lib/api-error.ts';
import { openBook } from './support/fault-book.ts';
import { waitFor } from './support/wait.ts';

const refused = (status: number, code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ApiError, `expected an ApiError, got ${error}`);
  assert.deepEqual([error.status, error.code], [status, code]);
  assert.match(error.message, message);
  return true;
};

test('every fault in the contract has its action, and they agree on what can be undone', () => {
  for (const [name, { undo }] of Object.entries(FAULTS)) {
    assert.equal(FAULT_ACTIONS[name as FaultName].undo === null, undo === null, name);
  }
});

test('each fault does to its target what its name says, and its undo mends it', async (t) => {
  const { book, calls } = openBook(t);
  const table: [FaultName, string, string[]][] = [
    ['replica.kill', 'shop-1', ['kill shop-1', 'start shop-1']],
    ['replica.stop', 'shop-1', ['stop(5000) shop-1', 'start shop-1']],
    ['replica.pause', 'shop-1', ['pause shop-1', 'resume shop-1']],
    ['store.kill', 'redis', ['kill redis', 'start redis']],
    ['store.pause', 'redis', ['pause redis', 'resume redis']],
    ['replica.restart', 'shop-1', ['restart(5000) shop-1']],
    ['store.restart', 'redis', ['kill redis', 'start redis']],
    ['proxy.restart', 'proxy', ['restart(5000) proxy']],
  ];

  for (const [fault, target, expected] of table) {
    calls.length = 0;
    const { id, state } = await book.inject({ fault, target });
    if (FAULTS[fault].undo === null) assert.equal(state, 'done', fault);
    else assert.equal((await book.undo(id, 'asked')).state, 'undone', fault);
    assert.deepEqual(calls, expected, fault);
  }
});

test('a grace is passed on', async (t) => {
  const { book, calls } = openBook(t);
  await book.inject({ fault: 'replica.stop', target: 'shop-1', with: { graceMs: 20 } });
  await book.inject({ fault: 'replica.restart', target: 'shop-2', with: { graceMs: 0 } });
  assert.deepEqual(calls, ['stop(20) shop-1', 'restart(0) shop-2']);
});

test('undoing twice, or at the same time, is one undo', async (t) => {
  const { book, calls, story } = openBook(t);
  const { id } = await book.inject({ fault: 'replica.kill', target: 'shop-2' });
  await Promise.all([book.undo(id, 'asked'), book.undo(id, 'its time is up')]);
  await book.undo(id, 'asked');
  assert.deepEqual(calls, ['kill shop-2', 'start shop-2']);
  assert.deepEqual(story(), ['injected f1 shop-2', 'undone f1 shop-2']);
});

test('a fault with a time undoes itself, and one undone before that is left alone', async (t) => {
  const { book, faultState, calls } = openBook(t);
  await book.inject({ fault: 'replica.kill', target: 'shop-1', for: '0s' });
  const early = await book.inject({ fault: 'replica.pause', target: 'shop-2', for: '20ms' });
  assert.equal(early.forMs, 20);
  await book.undo(early.id, 'asked');
  await book.inject({ fault: 'replica.pause', target: 'shop-3', for: '40ms' });
  await waitFor('the last to undo itself', () => faultState('f3') === 'undone');
  assert.deepEqual(
    book.list().map(({ state }) => state),
    ['undone', 'undone', 'undone'],
  );
  assert.equal(calls.filter((call) => call === 'resume shop-2').length, 1);
});

test('a time that is none, too long, or for a fault that is over at once is refused', async (t) => {
  const { book, calls } = openBook(t);
  const inject = (fault: FaultName, target: string, time: string) =>
    book.inject({ fault, target, for: time });
  await assert.rejects(
    inject('replica.kill', 'shop-1', 'soon'),
    refused(400, 'bad_time', /for: .*8s.*"soon"/),
  );
  await assert.rejects(inject('replica.kill', 'shop-1', '8'), refused(400, 'bad_time', /"8"/));
  await assert.rejects(inject('replica.kill', 'shop-1', '2h'), refused(400, 'bad_time', /at most 1h/));
  await assert.rejects(inject('proxy.restart', 'proxy', '1s'), refused(400, 'no_undo', /takes no "for"/));
  assert.deepEqual(calls, []);
  assert.deepEqual(book.list(), [], 'a refused one leaves no trace');
});

test('an unknown fault cannot be undone, nor one that is over when it is done', async (t) => {
  const { book } = openBook(t);
  await book.inject({ fault: 'replica.kill', target: 'shop-1' });
  await book.inject({ fault: 'store.restart', target: 'redis' });
  await assert.rejects(book.undo('f9', 'asked'), refused(404, 'not_found', /no fault "f9"; active: f1$/));
  await assert.rejects(book.undo('f2', 'asked'), refused(409, 'no_undo', /store.restart/));
});

test('a fault whose target refuses has failed, and says why', async (t) => {
  const { book, story, faultState } = openBook(t);
  await book.inject({ fault: 'replica.kill', target: 'shop-1' });
  await assert.rejects(book.inject({ fault: 'replica.kill', target: 'shop-1' }), /does not run/);
  assert.equal(faultState('f2'), 'failed');
  assert.equal(story().at(-1), 'failed f2 shop-1');
});

test('an undo finds things as they are now', async (t) => {
  const { book, become, remove, calls } = openBook(t);
  const pause = await book.inject({ fault: 'replica.pause', target: 'shop-1' });
  const kill = await book.inject({ fault: 'replica.kill', target: 'shop-2' });
  const stop = await book.inject({ fault: 'replica.stop', target: 'shop-3' });
  calls.length = 0;
  become('shop-1', 'ready'); // resumed by somebody else
  become('shop-2', 'ready'); // started by somebody else
  remove('shop-3'); // scaled away
  for (const { id } of [pause, kill, stop]) assert.equal((await book.undo(id, 'asked')).state, 'undone');
  assert.deepEqual(calls, [], 'there was nothing left to mend');
});

test('an undo that fails can be tried again', async (t) => {
  const { book, broken, faultState, stateOf } = openBook(t);
  const { id } = await book.inject({ fault: 'replica.kill', target: 'shop-1' });
  broken.add('shop-1');
  await assert.rejects(book.undo(id, 'asked'), /cannot start/);
  assert.equal(faultState(id), 'failed');
  broken.clear();
  assert.equal((await book.undo(id, 'asked')).state, 'undone');
  assert.equal(stateOf('shop-1'), 'ready');
});

test('undoing everything goes from the newest to the oldest and does not stop at a failure', async (t) => {
  const { book, broken, calls, events, story } = openBook(t);
  await book.inject({ fault: 'replica.pause', target: 'shop-1' });
  await book.inject({ fault: 'replica.kill', target: 'shop-2' });
  await book.inject({ fault: 'proxy.restart', target: 'proxy' });
  await book.inject({ fault: 'replica.pause', target: 'shop-3' });
  calls.length = 0;
  events.length = 0;
  broken.add('shop-2');
  await assert.rejects(book.undoAll('reset'), /shop-2 cannot start/);
  assert.deepEqual(calls, ['resume shop-3', 'resume shop-1']);
  assert.deepEqual(story(), ['undone f4 shop-3', 'failed f2 shop-2', 'undone f1 shop-1']);
  await assert.rejects(
    book.undoAll('reset'),
    /shop-2 cannot start/,
    'what could not be undone is not given up',
  );
  broken.clear();
  await book.undoAll('reset');
  assert.equal(story().at(-1), 'undone f2 shop-2');
});

test('an undo waits for an injection that is still under way', async (t) => {
  const { book, holdStops, stateOf, story } = openBook(t);
  const release = holdStops();
  const injecting = book.inject({ fault: 'replica.stop', target: 'shop-1', for: '1m' });
  await waitFor('the stop to be under way', () => story().length === 1);
  assert.equal(book.list()[0]?.state, 'injecting');
  const undoing = [book.undo('f1', 'asked'), book.undoAll('reset')];
  release();
  await Promise.all([injecting, ...undoing]);
  assert.equal(book.list()[0]?.state, 'undone');
  assert.equal(stateOf('shop-1'), 'ready');
});

test('a target that comes back by other means ends what was done to it', async (t) => {
  const { book, story, faultState } = openBook(t);
  await book.inject({ fault: 'replica.kill', target: 'shop-1' });
  await book.inject({ fault: 'replica.pause', target: 'shop-2', for: '1m' });
  book.settle('shop-1', { why: 'it was started again', gone: false });
  assert.equal(faultState('f1'), 'undone');
  assert.equal(faultState('f2'), 'active', 'of another target');
  assert.equal(story().at(-1), 'undone f1 shop-1');
});

test('a hundred faults are remembered, but an active one is never forgotten', async (t) => {
  const { book } = openBook(t);
  const first = await book.inject({ fault: 'replica.pause', target: 'shop-1' });
  for (let i = 0; i < 150; i++) await book.inject({ fault: 'replica.restart', target: 'shop-2' });
  const list = book.list();
  assert.equal(list.length, 100);
  assert.equal(list[0]?.id, first.id);
  assert.equal(list.at(-1)?.id, 'f151');
  assert.equal((await book.undo(first.id, 'asked')).state, 'undone');
});

test('a closed book injects nothing, and undoes nothing by itself any more', async (t) => {
  const { book, holdStops, calls, faultState, story } = openBook(t);
  const release = holdStops();
  await book.inject({ fault: 'replica.pause', target: 'shop-1', for: '30s' });
  const late = book.inject({ fault: 'replica.stop', target: 'shop-2', for: '1ms' });
  await waitFor('the stop to be under way', () => story().includes('injected f2 shop-2'));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  book.close();
  release();
  await late;
  t.mock.timers.tick(1000);
  await assert.rejects(
    book.inject({ fault: 'replica.kill', target: 'shop-3' }),
    refused(409, 'ending', /ends/),
  );
  assert.deepEqual(calls, ['pause shop-1', 'stop(5000) shop-2']);
  assert.deepEqual(['f1', 'f2'].map(faultState), ['active', 'active']);
});
