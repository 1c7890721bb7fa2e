import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog } from '../lib/event-log.ts';
import { StickTable } from '../proxy/affinity/stick-table.ts';
import type { ProxyEvent } from '../proxy/contract.ts';
import { Links } from '../proxy/forward/links.ts';
import { createMetrics } from '../proxy/metrics/metrics.ts';
import { MAX_NAMES } from '../proxy/pool.ts';
import { DEFAULTS } from '../proxy/settings.ts';
import { ProxyState } from '../proxy/state.ts';

const NAMES = Array.from({ length: 3 * MAX_NAMES }, (_, at) => `shop-${at}`);

test('numbers of upstreams that have left are forgotten where there were too many names, those of others never', async () => {
  const events = new EventLog<ProxyEvent>({ now: () => 0 });
  const state = new ProxyState({
    settings: { ...DEFAULTS, epoch: 1 },
    ...{ events, rise: 1, fall: 1, drainDeadlineMs: 0, onSettings: () => {}, now: () => 0 },
  });
  const metrics = createMetrics(state, new StickTable({ limit: 1, ttlMs: 1 }));
  state.placeUpstreams([{ id: 'stays', life: 'stays#1', host: '127.0.0.1', port: 9 }]);
  metrics.answered('stays', 200, 1);
  metrics.began('busy');
  for (const name of NAMES) metrics.answered(name, 200, 1);
  const told = metrics.requests();
  assert.ok(told.size <= MAX_NAMES, `${told.size} names`);
  assert.equal(told.get('stays'), 1);
  assert.equal(metrics.inFlight('busy'), 1);
  assert.equal(told.get(NAMES.at(-1) ?? ''), 1);
});

test('ways to upstreams that nobody uses are forgotten where there were too many names, but no fault of a link', (t) => {
  const links = new Links(new EventLog<ProxyEvent>({ now: () => 0 }));
  t.after(() => links.remove('ill', ['latency']));
  links.add('ill', { latency: { latencyMs: 100, jitterMs: 0 } }, 60_000);
  const first = links.to('shop-0');
  for (const name of NAMES) links.to(name);
  assert.notEqual(links.to('shop-0'), first);
  assert.deepEqual(
    links.list().map(({ upstream }) => upstream),
    ['ill'],
  );
});
