import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { ClusterEvent } from '../apps/console/contract.ts';
import { EventLog } from '../lib/event-log.ts';
import { sendEvents } from '../lib/sse.ts';
import { followMode } from '../scripts/load/mode.ts';
import { calmState } from './support/cluster-state.ts';
import { waitFor } from './support/wait.ts';

test('the mode shown is the one read back from the cluster, and follows every switch', async (t) => {
  const log = new EventLog<ClusterEvent>({ now: () => performance.now() });
  let readers = 0;
  const state = calmState(Date.now());
  const { settings } = state;
  assert.ok(settings);
  const server = createServer((req, res) => {
    if (req.url === '/api/state') return void res.end(JSON.stringify(state));
    sendEvents(log, req, res);
    readers += 1;
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mode = followMode({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'run-token',
  });
  t.after(() => mode.close());
  assert.equal(mode.text(), null, 'nothing is claimed before it is known');
  await waitFor('the mode', () => mode.text() === `${settings.sessions}/${settings.affinity}`);
  await waitFor('the reader', () => readers === 1);
  const switched = { ...settings, sessions: 'redis', affinity: 'ip-hash' } as const;
  log.add({ type: 'settings.changed', changed: ['sessions', 'affinity'], settings: switched });
  await waitFor('the switch', () => mode.text() === 'redis/ip-hash');
});

test('without a console that answers the mode stays unknown', async (t) => {
  const mode = followMode({ url: 'http://127.0.0.1:1', token: 'run-token' });
  t.after(() => mode.close());
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(mode.text(), null);
});
