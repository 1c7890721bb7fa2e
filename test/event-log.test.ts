import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog, type Stamped } from '../lib/event-log.ts';

interface Note {
  type: 'kept' | 'fleeting';
}

const newLog = () =>
  new EventLog<Note>({ now: () => 7, limit: 10, remembers: ({ type }) => type === 'kept' });

/** What a reader of this log is told from now on. */
function read(log: EventLog<Note>): Stamped<Note>[] {
  const seen: Stamped<Note>[] = [];
  log.follow({ take: (event) => seen.push(event) > 0, end() {} });
  return seen;
}

test('what is not remembered is told to those who follow, with a number of its own', () => {
  const log = newLog();
  const seen = read(log);
  for (const type of ['kept', 'fleeting', 'kept'] as const) log.add({ type });
  assert.deepEqual(
    seen.map(({ seq, type }) => [seq, type]),
    [
      [1, 'kept'],
      [2, 'fleeting'],
      [3, 'kept'],
    ],
  );
  assert.deepEqual(
    log.since(0).map(({ seq }) => seq),
    [1, 3],
  );
});

test('samples by the thousand push nothing else out', () => {
  const log = newLog();
  log.add({ type: 'kept' });
  for (let count = 0; count < 1000; count++) log.add({ type: 'fleeting' });
  assert.deepEqual(log.since(0), [{ type: 'kept', seq: 1, t: 7 }]);
});

test('a log that takes over from another goes on after its number, and tells nobody what was', () => {
  const log = newLog();
  const seen = read(log);
  log.restore([{ type: 'kept', seq: 41, t: 3 }], 1041);
  assert.deepEqual([seen.length, log.lastSeq, log.since(0).length], [0, 1041, 1]);
  assert.equal(log.add({ type: 'kept' }).seq, 1042);
});
