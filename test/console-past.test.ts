import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterEvent } from '../apps/console/contract.ts';
import { collectPast } from '../apps/console/past.ts';
import { EventLog } from '../lib/event-log.ts';

const started = (replica: string): ClusterEvent => ({
  type: 'replica.started',
  replica,
  life: `${replica}#1`,
});
const up = (upstream: string): ClusterEvent => ({ type: 'upstream.added', upstream, life: `${upstream}#1` });

test('what a part tells that was reached late is still put in order: the story begins with the first start', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const log = new EventLog<ClusterEvent>({ now: () => 0 });
  const past = collectPast(log, null);
  past.reached('proxy');
  past.hear(up('shop-1'), 20);
  t.mock.timers.tick(2000);
  assert.equal(log.lastSeq, 0, 'the agent was not there yet');
  past.reached('agent');
  past.hear(started('shop-1'), 10);
  t.mock.timers.tick(300);
  await past.collected;
  assert.deepEqual(
    log.since(0).map(({ type }) => type),
    ['replica.started', 'upstream.added'],
  );
});

test('a part that stays away is waited for three seconds, and no longer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const log = new EventLog<ClusterEvent>({ now: () => 0 });
  const past = collectPast(log, null);
  past.reached('proxy');
  past.hear(up('shop-1'), 20);
  t.mock.timers.tick(3000);
  await past.collected;
  assert.equal(log.lastSeq, 1);
});
