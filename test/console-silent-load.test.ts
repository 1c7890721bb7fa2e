import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { followCluster } from '../apps/console/events.ts';
import { now } from './support/scene-events.ts';
import { waitFor } from './support/wait.ts';

test('a load that was killed has ended, also where nothing else happens any more', async (t) => {
  const server = createServer((_req, res) => void res.end('[]'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let clock = 1000;
  const story = followCluster({ proxyUrl: url, agentUrl: url, agentToken: '', now: () => clock });
  t.after(() => {
    story.close();
    server.close();
    server.closeAllConnections();
  });
  await story.collected;
  story.tell([now(20, 0)]);
  const sampled = () => story.log.since(0).filter(({ type }) => type === 'rates.sampled').length;
  await waitFor('a sample while it seems to go on', () => sampled() >= 2);
  assert.equal(story.scene().run?.endedAt, null);
  clock += 6000;
  await waitFor('its end', () => story.scene().run?.endedAt === 1000);
});
