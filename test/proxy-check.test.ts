import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeafListener } from './support/deaf-listener.ts';
import { startTestProxy } from './support/proxy.ts';
import { storyOf } from './support/story.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

test('a TCP check asks nothing: not for the status, not in whose name it is answered', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { place, becomes, settings } = await startTestProxy(t, { check: 'tcp' });
  shop.health = 503;
  shop.boot = 'shop-4#1';
  await place([shop]);
  await becomes('shop-1', 'up');
  assert.equal(shop.checks, 0);
  await settings({ check: 'http' });
  await becomes('shop-1', 'down');
  await settings({ check: 'tcp' });
  await becomes('shop-1', 'up');
});

test('while checks only connect, what a replica said last of its sessions stays', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  shop.load = 'TEXT named_metrics.sessions_filled=3,named_metrics.sessions_empty=1';
  const { settings, upstreams } = await startTestProxy(t, { upstreams: [shop] });
  await waitFor('the first word', async () => (await upstreams())[0]?.sessions?.filled === 3);
  await settings({ check: 'tcp' });
  shop.load = 'TEXT named_metrics.sessions_filled=9,named_metrics.sessions_empty=1';
  const { checks } = shop;
  const open = shop.connected();
  await waitFor('three TCP checks', () => shop.connected() >= open + 3);
  assert.ok(shop.checks <= checks + 1, 'at most one that was under way');
  assert.equal((await upstreams())[0]?.sessions?.filled, 3);
  await settings({ check: 'http' });
  await waitFor('its new word', async () => (await upstreams())[0]?.sessions?.filled === 9);
});

test('a TCP check that nobody accepts in time has failed, and leaves no connection behind', async (t) => {
  const deaf = await startDeafListener(t);
  const address = { id: 'shop-1', life: 'shop-1#1', host: '127.0.0.1', port: deaf.port };
  const upstreams = [{ address } as TestUpstream];
  const { becomes, state } = await startTestProxy(t, { check: 'tcp', 'check-timeout': 40, upstreams });
  await deaf.goDeaf();
  await becomes('shop-1', 'down');
  assert.equal(storyOf(state, 'shop-1').at(-1), 'up > down: health check failed: no connection within 40 ms');
  await deaf.close();
});

test('TCP checks leave no connection open', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  await startTestProxy(t, { check: 'tcp', upstreams: [shop] });
  const before = shop.connected();
  await waitFor('five more checks', () => shop.connected() >= before + 5);
  assert.ok(shop.open() <= 1, `${shop.open()} connections are open`);
});
