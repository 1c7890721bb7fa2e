import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS } from '../../apps/agent/contract.ts';
import { NO_BROWSER } from '../support/browser.ts';
import { killShop2, openControl, shown, withPages } from '../support/control-page.ts';
import { waitFor } from '../support/wait.ts';

const skip = NO_BROWSER;
withPages();

test('every fault of the table can be done with all it takes, and rehearsed', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  await page.getByText('Any fault').click();
  const fault = page.getByRole('combobox', { name: 'Fault', exact: true });
  const offered = await fault.locator('option').all();
  const names = await Promise.all(offered.map((option) => option.getAttribute('value')));
  assert.deepEqual(names.toSorted(), Object.keys(FAULTS).toSorted());
  await fault.selectOption('link.latency');
  await page.getByLabel('Target').selectOption('oldest');
  await page.getByLabel('For', { exact: true }).fill('10s');
  await page.getByLabel('latency, ms').fill('250');
  await page.getByLabel('between').selectOption('replica-store');
  const body = {
    fault: 'link.latency',
    target: 'oldest',
    with: { latencyMs: 250, between: 'replica-store' },
    for: '10s',
  };
  const plan = { fault: body.fault, targets: ['shop-1'], calls: ['slow shop-1 to the store'], undo: '' };
  fake.answer = { status: 200, body: plan };
  await page.getByRole('button', { name: 'Dry run' }).click();
  await shown(page, 'slow shop-1 to the store');
  assert.deepEqual(fake.calls.shift()?.body, { ...body, dryRun: true });
  await page.getByRole('button', { name: 'Do it' }).click();
  await waitFor('the call', () => fake.calls[0]);
  assert.deepEqual(fake.calls[0]?.body, body);
});

test('what empties the store asks twice while sessions live there', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  const { settings } = fake.state;
  assert.ok(settings);
  const redis = { ...settings, sessions: 'redis' as const, epoch: 2 };
  fake.tell({ type: 'settings.changed', settings: redis, changed: ['sessions'] }, { settings: redis });
  await shown(page, /is Redis/);
  await page.getByText('Store', { exact: true }).click();
  await page.getByRole('button', { name: 'Wipe' }).click();
  const second = page.getByRole('button', { name: 'All carts go. Sure?' });
  await second.waitFor();
  assert.equal(fake.calls.length, 0);
  await waitFor('a press that counts', async () => {
    await second.click({ timeout: 500 });
    return fake.calls[0];
  });
});

test('an emergency stop is said until faults are allowed again', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  fake.tell({ type: 'cluster.stopped', undone: 2 }, { armed: false });
  await shown(page, /no fault is allowed until you say so/);
  await page.getByRole('button', { name: 'Allow faults again' }).click();
  assert.equal((await waitFor('the call', () => fake.calls[0])).path, '/api/arm');
  fake.tell({ type: 'cluster.armed' }, { armed: true });
  await page.getByText(/no fault is allowed/).waitFor({ state: 'detached' });
});

test('keys do what they say and each is told', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  const press = async (key: string) => {
    await page.keyboard.press(key);
    const call = await waitFor(`the call of ${key}`, () => fake.calls.shift());
    return call.body;
  };
  assert.deepEqual(await press('3'), { affinity: 'ip-hash' });
  assert.deepEqual(await press('w'), { sessions: 'redis' });
  assert.deepEqual(await press('k'), { fault: 'replica.kill', target: 'shop-1' });
  await page.getByRole('status').getByText('Kill shop-1').waitFor();
  assert.deepEqual(await press('f'), { fault: 'replica.pause', target: 'shop-1', for: '8s' });
  assert.deepEqual(await press('d'), { strategy: 'in-place', drain: '2s' });
  assert.deepEqual(await press('+'), { count: 4 });
  assert.deepEqual(await press('-'), { count: 2 });
  killShop2(fake);
  await page.getByRole('button', { name: 'Undo Kill shop-2' }).first().waitFor();
  await page.keyboard.press('z');
  assert.equal((await waitFor('the undo', () => fake.calls.shift())).path, '/api/faults/f1');
  await page.keyboard.press('b');
  await page.getByRole('button', { name: 'Show stage' }).waitFor();
  await page.keyboard.press('.');
  await shown(page, 'The picture stands still');
  assert.equal(fake.calls.length, 0);
});

test('no key works where somebody writes, nor after keys were switched off', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  await page.getByLabel('Seed').focus();
  await page.keyboard.type('k1d');
  await page.getByLabel('Seed').blur();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.getByLabel('Keys work on this page').uncheck();
  await help.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('k');
  await page.keyboard.press('?');
  await help.getByLabel('Keys work on this page').check();
  await help.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('d');
  const call = await waitFor('the call of d', () => fake.calls[0]);
  assert.equal(call.path, '/api/deploys', 'the letters before it called nothing');
});

test('Alt+R held for a second resets, a short press does not', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  await page.clock.install();
  await page.keyboard.press('Alt+KeyR');
  await page.clock.fastForward(2000);
  await page.keyboard.down('Alt');
  await page.keyboard.down('KeyR');
  assert.equal(fake.calls.length, 0);
  await page.clock.fastForward(1100);
  await waitFor('the call', () => fake.calls[0]);
  await page.keyboard.up('KeyR');
  await page.keyboard.up('Alt');
  assert.deepEqual(
    fake.calls.map(({ path }) => path),
    ['/api/reset'],
  );
});
