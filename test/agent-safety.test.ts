import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FaultAction } from '../apps/agent/faults/action.ts';
import { FAULT_ACTIONS } from '../apps/agent/faults/actions/index.ts';
import { openRecords, type Records } from '../apps/agent/faults/records.ts';
import { ApiError } from '../lib/api-error.ts';
import { scratch } from './support/cluster.ts';
import { openBook } from './support/fault-book.ts';

const refused = (status: number, code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ApiError, `expected an ApiError, got ${error}`);
  assert.deepEqual([error.status, error.code], [status, code]);
  assert.match(error.message, message);
  return true;
};

const filesIn = (folder: string) => readdirSync(folder).sort();
const KILL_1 = { fault: 'replica.kill', target: 'shop-1' } as const;

/** Puts another action in the place of a fault's own for one test. */
function replaceAction(t: { after(work: () => void): void }, change: Partial<FaultAction>): void {
  const own = FAULT_ACTIONS['replica.kill'];
  FAULT_ACTIONS['replica.kill'] = { ...own, ...change };
  t.after(() => {
    FAULT_ACTIONS['replica.kill'] = own;
  });
}

test('a fault is on disk before it is done, with what its undo needs, and gone when it is undone', async (t) => {
  const { book, folder, calls, become } = openBook(t);
  become('shop-2', 'exited');
  let noted: Record<string, unknown> = {};
  replaceAction(t, {
    inject: async () => {
      noted = JSON.parse(readFileSync(join(folder, 'f1.json'), 'utf8'));
      throw new Error('not today');
    },
  });
  const both = book.inject({ fault: 'replica.kill', target: 'shop-1,shop-2', for: '8s' });
  await assert.rejects(both, /not today/);
  const { injectedAt, ...rest } = noted;
  assert.ok(Math.abs(Number(injectedAt) - Date.now()) < 10_000);
  assert.deepEqual(rest, {
    ...{ id: 'f1', fault: 'replica.kill', targets: ['shop-1', 'shop-2'], with: {}, forMs: 8000 },
    before: {
      'shop-1': { life: 'shop-1#1', state: 'ready' },
      'shop-2': { life: 'shop-2#1', state: 'exited' },
    },
  });
  assert.deepEqual(filesIn(folder), [], 'what was done of it is undone: nothing is left to note');
  assert.deepEqual(calls, [], 'the one that was dead before stays dead');
});

test('without room on the disk nothing is injected, and the fault leaves no trace', async (t) => {
  const full: Records = {
    ...openRecords(scratch(t)),
    write: () => {
      throw new Error('ENOSPC: no space left on device');
    },
  };
  const { book, calls, story } = openBook(t, { records: full });
  await assert.rejects(
    book.inject(KILL_1),
    refused(507, 'not_recorded', /was not injected.*ENOSPC.*Make room/),
  );
  assert.deepEqual([calls, story(), book.list()], [[], [], []]);
});

test('a record that cannot be read is reported and put aside, and the others are undone, newest first', async (t) => {
  const folder = scratch(t);
  const first = openBook(t, { folder });
  await first.book.inject(KILL_1);
  await first.book.inject({ fault: 'replica.pause', target: 'shop-2' });
  await first.book.inject({ fault: 'replica.stop', target: 'shop-3' });
  const whole = readFileSync(join(folder, 'f3.json'), 'utf8');
  writeFileSync(join(folder, 'f3.json'), whole.slice(0, 40));
  writeFileSync(
    join(folder, 'f4.json'),
    JSON.stringify({ ...JSON.parse(whole), id: 'f4', fault: 'host.burn' }),
  );

  const next = openBook(t, { folder });
  for (const id of ['shop-1', 'shop-3']) next.become(id, 'exited');
  next.become('shop-2', 'paused');
  assert.equal(await next.book.replay('an earlier agent had left it'), 2);
  assert.deepEqual(next.story(), [
    'record.damaged',
    'record.damaged',
    'undone f2 shop-2',
    'undone f1 shop-1',
  ]);
  assert.deepEqual(next.calls, ['resume shop-2', 'start shop-1']);
  assert.deepEqual(filesIn(folder), ['f3.json.damaged', 'f4.json.damaged']);
  const { id } = await next.book.inject(KILL_1);
  assert.equal(id, 'f3', 'names go on after those of the earlier agent');
});

test('what an earlier agent left is undone twice without harm', async (t) => {
  const folder = scratch(t);
  await openBook(t, { folder }).book.inject(KILL_1);
  const [one, two] = [openBook(t, { folder }), openBook(t, { folder })];
  await Promise.all([one.book.replay('twice'), two.book.replay('twice')]);
  assert.deepEqual([one.calls, two.calls], [[], []], 'it runs already');
  assert.deepEqual(filesIn(folder), []);
});

test('a restart that was broken off in the middle is finished by the replay', async (t) => {
  const { records, become, book, calls, story } = openBook(t);
  const before = { proxy: { life: 'proxy#1', state: 'ready' } };
  const restart = { id: 'f1', fault: 'proxy.restart', targets: ['proxy'], with: { graceMs: 5000 } } as const;
  records.write({ ...restart, targets: ['proxy'], before, forMs: null, injectedAt: 1 });
  become('proxy', 'exited');
  await book.replay('left');
  assert.deepEqual([calls, story()], [['start proxy'], ['undone f1 proxy']]);
});

test('a fault that is not there afterwards has failed, and is undone again', async (t) => {
  const { book, calls, folder, faultState } = openBook(t);
  replaceAction(t, { verify: async () => 'shop-1 still answers' });
  await assert.rejects(book.inject(KILL_1), refused(500, 'not_injected', /is not there.*still answers/));
  assert.deepEqual(calls, ['kill shop-1', 'start shop-1']);
  assert.equal(faultState('f1'), 'failed');
  assert.deepEqual(filesIn(folder), []);
  await book.undoAll('reset');
  assert.deepEqual(calls.length, 2, 'there is nothing left to undo');
});

test('when one of several targets refuses, the others are mended', async (t) => {
  const { book, calls, become, stateOf } = openBook(t);
  become('shop-2', 'exited');
  await assert.rejects(
    book.inject({ fault: 'replica.kill', target: 'shop-1,shop-2,shop-3' }),
    /shop-2 does not run/,
  );
  assert.deepEqual(calls, ['kill shop-1', 'kill shop-3', 'start shop-1', 'start shop-3']);
  assert.equal(stateOf('shop-2'), 'exited');
});

test('killing a dead one does not bring it back to life', async (t) => {
  const { book, stateOf, faultState } = openBook(t);
  await book.inject(KILL_1);
  await assert.rejects(book.inject(KILL_1), /does not run/);
  assert.deepEqual([stateOf('shop-1'), faultState('f1'), faultState('f2')], ['exited', 'active', 'failed']);
});

test('a fault with several targets is over when all of them are well', async (t) => {
  const { book, faultState } = openBook(t);
  await book.inject({ fault: 'replica.kill', target: 'shop-1,shop-2' });
  book.settle('shop-1', { why: 'it was started again', gone: false });
  assert.equal(faultState('f1'), 'active');
  book.settle('shop-2', { why: 'it was removed', gone: true });
  assert.equal(faultState('f1'), 'undone');
});

test('what nobody sees mends itself after ten minutes, what is plain to see stays', async (t) => {
  const { book } = openBook(t);
  const pause = await book.inject({ fault: 'replica.pause', target: 'shop-1' });
  const kill = await book.inject({ fault: 'replica.kill', target: 'shop-2' });
  assert.deepEqual([pause.forMs, kill.forMs], [600_000, null]);
});

test('a fault that is over by itself is not counted as there for longer', async (t) => {
  const asked: string[] = [];
  const call = async <T>(id: string, method: string, path: string) => {
    asked.push(`${method} ${id} ${path}`);
    return undefined as T;
  };
  const { book } = openBook(t, { hands: { replicas: { call } } });
  const blocked = { how: 'block-loop', blockMs: 300 };
  const { forMs } = await book.inject({ fault: 'replica.pause', target: 'shop-1', with: blocked });
  assert.deepEqual([forMs, asked], [300, ['POST shop-1 /block-loop']]);
});

test('the floor of ready shops holds, also for two faults at the same moment', async (t) => {
  const { book, calls } = openBook(t, { minHealthy: 2 });
  const both = await Promise.allSettled([
    book.inject(KILL_1),
    book.inject({ fault: 'replica.pause', target: 'shop-2' }),
  ]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.throws(
    () => {
      throw (both[1] as PromiseRejectedResult).reason;
    },
    refused(
      409,
      'min_healthy',
      /replica.pause shop-2 would leave 1 of 2 ready shops, and at least 2 must stay/,
    ),
  );
  assert.deepEqual(calls, ['kill shop-1']);
  await book.inject({ fault: 'store.kill', target: 'redis' });
  await book.undo('f1', 'asked');
  const strict = book.inject({ ...KILL_1, minHealthy: 3 });
  await assert.rejects(strict, refused(409, 'min_healthy', /at least 3 must stay/));
  const deploy = book.inject({ fault: 'deploy.rolling', with: { strategy: 'recreate-all' } });
  await assert.rejects(deploy, refused(409, 'min_healthy', /deploy.rolling cluster would leave 0 of 3/));
});

test('a dry run says who would be hit by which calls, and touches nothing', async (t) => {
  const { book, calls, story, folder } = openBook(t);
  const plan = await book.plan({
    fault: 'replica.stop',
    target: 'shop-2,shop-3',
    with: { graceMs: 20 },
    for: '8s',
  });
  const { injectedAt: _, ...record } = plan.record;
  assert.deepEqual(
    { ...plan, record },
    {
      fault: 'replica.stop',
      targets: ['shop-2', 'shop-3'],
      calls: ['SIGTERM shop-2, SIGKILL after 20 ms', 'SIGTERM shop-3, SIGKILL after 20 ms'],
      undo: 'starts it again',
      record: {
        ...{
          id: '-',
          fault: 'replica.stop',
          targets: ['shop-2', 'shop-3'],
          with: { graceMs: 20 },
          forMs: 8000,
        },
        before: {
          'shop-2': { life: 'shop-2#1', state: 'ready' },
          'shop-3': { life: 'shop-3#1', state: 'ready' },
        },
      },
    },
  );
  assert.deepEqual([calls, story(), book.list(), filesIn(folder)], [[], [], [], []]);
  await assert.rejects(
    book.plan({ fault: 'replica.stop', target: 'shop-9' }),
    refused(404, 'not_found', /shop-9/),
  );
});

test('an unknown word with a fault is refused, with those it takes', async (t) => {
  const { book } = openBook(t);
  const wrong = book.inject({ fault: 'replica.stop', target: 'shop-1', with: { grace: 1 } });
  await assert.rejects(wrong, refused(400, 'bad_body', /"grace".*replica.stop takes graceMs=5000/));
  const none = book.inject({ ...KILL_1, with: { graceMs: 1 } });
  await assert.rejects(none, refused(400, 'bad_body', /replica.kill takes nothing/));
});

test('after the emergency stop nothing is injected until it is armed, whoever asks after a restart', async (t) => {
  const folder = scratch(t);
  const { book, records } = openBook(t, { folder });
  records.setArmed(false);
  await assert.rejects(book.inject(KILL_1), refused(409, 'stopped', /armed again with npm run chaos -- arm/));
  const next = openBook(t, { folder });
  await assert.rejects(next.book.inject(KILL_1), refused(409, 'stopped', /./));
  next.records.setArmed(true);
  await next.book.inject(KILL_1);
  assert.equal(existsSync(join(folder, 'stopped')), false);
});

test('what lives in another process is renewed each second, and a failure to do so is told once', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { book, story } = openBook(t);
  let kept = 0;
  let broken = false;
  replaceAction(t, {
    keep: async () => {
      kept++;
      if (broken) throw new Error('it does not answer');
    },
  });
  const tick = async () => {
    t.mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  };
  await book.inject(KILL_1);
  await tick();
  assert.equal(kept, 1);
  broken = true;
  await tick();
  await tick();
  assert.deepEqual(story(), ['injected f1 shop-1', 'unkept f1 shop-1']);
  await book.undo('f1', 'asked');
  await tick();
  assert.equal(kept, 3, 'not after its undo');
});

test('scaling by a fault goes back by exactly those that came or went', async (t) => {
  const { book, scaled, remove } = openBook(t);
  await assert.rejects(
    book.inject({ fault: 'scale.in', with: { by: 3 } }),
    refused(409, 'refused', /one shop must stay/),
  );
  const out = book.inject({ fault: 'scale.out', with: { by: 2 } });
  await assert.rejects(out, /shop-4 is not ready/, 'these members never come');
  scaled.length = 0;
  remove('shop-3');
  replaceAction(t, {});
  const inn = book.inject({ fault: 'scale.in', with: { by: 1, victim: 'oldest' } });
  await assert.rejects(inn, /shop-1 is still there/);
  assert.deepEqual(scaled[0], [2, ['shop-1']]);
});
