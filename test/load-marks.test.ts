import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { ClusterEvent } from '../apps/console/contract.ts';
import { EventLog } from '../lib/event-log.ts';
import { sendEvents } from '../lib/sse.ts';
import { followMarks } from '../scripts/load/marks.ts';
import { waitFor } from './support/wait.ts';

test('what is done to the cluster from now on becomes marks, what merely happens does not', async (t) => {
  const log = new EventLog<ClusterEvent>({ now: () => performance.now() });
  let readers = 0;
  const server = createServer((req, res) => {
    if (req.url !== '/api/events') return void res.writeHead(404).end();
    sendEvents(log, req, res);
    readers += 1;
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fault = { id: 'f1', fault: 'replica.kill', target: 'shop-2' } as const;
  log.add({ type: 'fault.injected', ...fault, target: 'shop-1', forMs: null });

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const marks: string[] = [];
  const following = followMarks(
    { url, token: 'run-token' },
    {
      mark: (what) => void marks.push(what),
    },
  );
  t.after(() => following.close());
  await waitFor('the reader', () => readers === 1);
  log.add({ type: 'fault.injected', ...fault, forMs: 4000 });
  log.add({ type: 'link.state', part: 'proxy', state: 'lost' });
  log.add({ type: 'fault.undone', ...fault, why: 'its time was over' });
  await waitFor('two marks', () => marks.length >= 2);
  assert.deepEqual(marks, ['replica.kill shop-2', 'replica.kill shop-2 undone']);
});
