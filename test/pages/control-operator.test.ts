import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_BROWSER } from '../support/browser.ts';
import { openControl as openPage, openSettings, shown, withPages } from '../support/control-page.ts';
import { waitFor } from '../support/wait.ts';

/** What an operator does with the balancer: drains, settings by group, and what it does by itself. */
const skip = NO_BROWSER;
withPages();

test('Drain and Restore are one place, and a drain says how many are pinned and what is left of it', {
  skip,
}, async (t) => {
  const { fake, page } = await openPage(t);
  const row = page.getByRole('row', { name: /shop-2/ });
  await row.getByRole('button', { name: 'Drain shop-2', exact: true }).click();
  const path = '/api/upstreams/shop-2';
  const call = await waitFor('the call', () => fake.calls.shift());
  assert.deepEqual([call.method, call.path, call.body], ['PATCH', path, { admin: 'drain' }]);

  const life = 'shop-2#1';
  fake.tell({ type: 'upstream.state', upstream: 'shop-2', life, from: 'up', to: 'draining', why: 'asked' });
  const sample = {
    id: 'shop-2',
    state: 'draining',
    perSecond: 9,
    inFlight: 1,
    p99Ms: 4,
    sessions: null,
  } as const;
  fake.tell({
    type: 'rates.sampled',
    upstreams: [{ ...sample, admin: 'drain', pinned: 14, drainLeftMs: 22_400 }],
  });
  await row.getByText('14 pinned, 23 s left').waitFor();
  await shown(page, 'shop-2 is draining: asked');
  // So soon after the first press another is the second half of a double click, and means nothing.
  const back = await waitFor('a press that counts', async () => {
    await row.getByRole('button', { name: 'Restore shop-2', exact: true }).click();
    return fake.calls.shift();
  });
  assert.deepEqual([back.method, back.path, back.body], ['PATCH', path, { admin: 'ready' }]);

  await row.getByRole('button', { name: 'curl for shop-2' }).click();
  const lines = await page.locator('.calls code').allInnerTexts();
  for (const body of ['{"admin":"drain","deadlineMs":30000}', '{"weight":25}'])
    assert.ok(
      lines.some((line) => line.includes(body) && line.endsWith(path)),
      `${body} in\n${lines.join('\n')}`,
    );
});

test('a setting that has no effect now says with what it would, and a group how many were changed', {
  skip,
}, async (t) => {
  const { page } = await openPage(t, {
    prepare: (fake) => {
      if (fake.state.settings) fake.state.settings.ejection = 'on';
    },
  });
  await shown(page, '1 changed');
  await openSettings(page);
  const group = (title: string) =>
    page.locator('.group', { has: page.getByRole('heading', { name: title }) });
  await group('Table after a restart').getByText('only with LB table').waitFor();
  assert.equal(await group('The pin says').locator('.hint').count(), 0, 'it has an effect with LB cookie');
});

test('a panic is a notice as long as it lasts', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  fake.tell({ type: 'pool.panic', on: true, up: 1, of: 3 });
  const notice = page.locator('.notice').getByText(/^Panic: 3 of 3 replicas are up/);
  await notice.waitFor();
  fake.tell({ type: 'pool.panic', on: false, up: 3, of: 3 });
  await notice.waitFor({ state: 'detached' });
});
