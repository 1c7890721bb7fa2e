import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { axe, NO_BROWSER } from '../support/browser.ts';
import {
  killShop2,
  openControl as openPage,
  openSettings,
  shown,
  withPages,
} from '../support/control-page.ts';
import { startFakeConsole, TOKEN } from '../support/fake-console.ts';
import { waitFor } from '../support/wait.ts';

const skip = NO_BROWSER;
const pages = withPages();

test('a switch is "switching…" from the click until the cluster says so', { skip }, async (t) => {
  const { fake, page, complaints } = await openPage(t);
  const { settings } = fake.state;
  assert.ok(settings);
  const switched = { ...settings, sessions: 'redis' as const, epoch: 2 };
  fake.answer = { status: 200, body: switched };
  const redis = page.getByRole('radio', { name: 'Redis' });
  const answered = page.waitForResponse('**/api/settings');
  await redis.click();
  await (await answered).finished();
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  assert.deepEqual(fake.calls, [
    { method: 'PATCH', path: '/api/settings', token: `Bearer ${TOKEN}`, body: { sessions: 'redis' } },
  ]);
  await shown(page, 'switching…');
  assert.equal(await redis.getAttribute('aria-checked'), 'false');
  await shown(page, /is Replica memory/);

  fake.tell({ type: 'settings.changed', settings: switched, changed: ['sessions'] }, { settings: switched });
  await shown(page, /is Redis/);
  assert.equal(await redis.getAttribute('aria-checked'), 'true');
  assert.equal(await page.getByText('switching…').count(), 0);
  await shown(page, 'Sessions live in: Redis');
  assert.deepEqual(complaints, []);
});

test('arrow keys walk over the values and switch nothing; Enter switches', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  await page.getByRole('radio', { name: 'LB cookie' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Session hash');
  assert.equal(fake.calls.length, 0);
  await page.keyboard.press('Enter');
  await waitFor('the call', () => fake.calls[0]);
  assert.deepEqual(fake.calls[0]?.body, { affinity: 'session-hash' });
});

test('a killed replica is dead in its row and in the log, and Start undoes the fault', {
  skip,
}, async (t) => {
  const { fake, page, complaints } = await openPage(t);
  const row = page.getByRole('row', { name: /shop-2/ });
  await row.getByRole('button', { name: 'Kill shop-2' }).click();
  await waitFor('the call', () => fake.calls[0]);
  assert.deepEqual(fake.calls[0]?.body, { fault: 'replica.kill', target: 'shop-2' });
  await row.getByText('ready').waitFor();

  killShop2(fake);
  await row.getByText(/^dead \d+ s$/).waitFor();
  await shown(page, 'shop-2#1 exited, signal SIGKILL');
  await page.getByRole('button', { name: 'Undo Kill shop-2' }).first().waitFor();
  await row.getByRole('button', { name: 'Start shop-2', exact: true }).click();
  await waitFor('the second call', () => fake.calls[1]);
  assert.deepEqual([fake.calls[1]?.method, fake.calls[1]?.path], ['DELETE', '/api/faults/f1']);
  assert.deepEqual(complaints, []);
});

test('the other controls make the calls they show', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  const press = async (name: string) => {
    await page.getByRole('button', { name, exact: true }).click();
    const call = await waitFor(`the call of ${name}`, () => fake.calls.shift());
    return [call.method, call.path, call.body];
  };
  assert.deepEqual(await press('Freeze 8 s shop-3'), [
    'POST',
    '/api/faults',
    { fault: 'replica.pause', target: 'shop-3', for: '8s' },
  ]);
  assert.deepEqual(await press('Restart shop-1'), [
    'POST',
    '/api/faults',
    { fault: 'replica.restart', target: 'shop-1' },
  ]);
  assert.deepEqual(await press('Slow +300 ms shop-1'), [
    'POST',
    '/api/faults',
    { fault: 'link.latency', target: 'shop-1', with: { latencyMs: 300 } },
  ]);
  await page.getByText('Store', { exact: true }).click();
  assert.deepEqual(await press('Kill Redis'), ['POST', '/api/faults', { fault: 'store.kill' }]);
  assert.deepEqual(await press('Pause Redis 3 s'), [
    'POST',
    '/api/faults',
    { fault: 'store.pause', for: '3s' },
  ]);
  assert.deepEqual(await press('Wipe'), [
    'POST',
    '/api/faults',
    { fault: 'store.flush', with: { irreversible: true } },
  ]);
  assert.deepEqual(await press('Restart proxy'), ['POST', '/api/faults', { fault: 'proxy.restart' }]);
  assert.deepEqual(await press('New signing key'), ['POST', '/api/faults', { fault: 'key.rotate' }]);
  assert.deepEqual((await press('Emergency stop')).slice(0, 2), ['POST', '/api/stop']);
  assert.deepEqual(await press('Add replica'), ['PUT', '/api/replicas', { count: 4 }]);
  assert.deepEqual(await press('Remove replica'), ['PUT', '/api/replicas', { count: 2 }]);
  await page.getByLabel('How to deploy').selectOption('surge');
  assert.deepEqual(await press('Rolling deploy'), [
    'POST',
    '/api/deploys',
    { strategy: 'surge', drain: '2s' },
  ]);
  await page.getByRole('slider', { name: 'Shoppers' }).fill('15');
  await page.getByLabel('Seed').fill('41');
  const load = ['POST', '/api/load', { shoppers: 15, duration: '10m', seed: 41 }];
  assert.deepEqual(await press('Start shopping'), load);
  fake.tell({ type: 'load.started', shoppers: 15, seed: 41 }, { loadRunning: true });
  await shown(page, 'Load: 15 shoppers, seed 41');
  await page.getByText('Network', { exact: true }).click();
  assert.deepEqual(await press('Change IPs of 30 %'), [
    'POST',
    '/api/faults',
    { fault: 'client.ip-change', with: { percent: 30 } },
  ]);
  assert.deepEqual((await press('New cohort')).slice(0, 2), ['DELETE', '/api/load']);
  const again = await waitFor('the new cohort', () => fake.calls.shift());
  assert.deepEqual([again.method, again.path, again.body], load);
  assert.deepEqual((await press('Stop shopping')).slice(0, 2), ['DELETE', '/api/load']);
});

test('a reset wants two presses, and a double click is one', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  await page.getByRole('button', { name: 'Reset', exact: true }).dblclick({ delay: 60 });
  const second = page.getByRole('button', { name: 'Press again to reset' });
  await second.waitFor();
  assert.equal(fake.calls.length, 0);
  await waitFor('a press that counts', async () => {
    await second.click({ timeout: 500 });
    return fake.calls[0];
  });
  assert.deepEqual([fake.calls[0]?.method, fake.calls[0]?.path], ['POST', '/api/reset']);
});

test('a refusal is shown in the words of the cluster, and the switch is as it was', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  const message = 'the cluster is deploying; try again when that is done';
  fake.answer = { status: 409, body: { error: { code: 'busy', message } } };
  await page.getByRole('radio', { name: 'IP hash' }).click();
  await page.getByRole('status').getByText(`Affinity: IP hash: ${message}`).waitFor();
  assert.equal(await page.getByText('switching…').count(), 0);
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await page.getByText(message).waitFor({ state: 'detached' });
});

test('the token leaves the address and survives a reload', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  assert.equal(page.url(), `${fake.url}/control`);
  await page.reload();
  await page.getByRole('button', { name: 'Kill shop-1' }).click();
  await waitFor('the call', () => fake.calls[0]);
  assert.equal(fake.calls[0]?.token, `Bearer ${TOKEN}`);
});

test('without a token the page is read, and every control leads to where one is pasted', {
  skip,
}, async (t) => {
  const { fake, page } = await openPage(t, { token: null });
  const field = page.getByLabel(/Type the PIN, or paste the token/);
  for (const control of [
    page.getByRole('button', { name: 'Kill shop-2' }),
    page.getByRole('radio', { name: 'Redis' }),
    page.getByRole('button', { name: 'Reset', exact: true }),
  ]) {
    await control.click({ force: true });
    await waitFor('the field in focus', () => field.evaluate((element) => element.matches(':focus')));
    await field.evaluate((element) => element.blur());
  }
  assert.equal(fake.calls.length, 0);
  await field.fill(TOKEN);
  await page.keyboard.press('Enter');
  await field.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Kill shop-2' }).click();
  await waitFor('the call', () => fake.calls[0]);
});

test('a wrong token is asked for again', { skip }, async (t) => {
  const { fake, page } = await openPage(t, { token: 'wrong' });
  await page.getByRole('button', { name: 'Kill shop-2' }).click();
  await page.getByLabel(/Type the PIN, or paste the token/).waitFor();
  await shown(page, /needs the run token/);
  assert.equal(fake.calls.length, 0);
});

test('when the stream breaks the page says how old it is, and catches up by itself', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  await shown(page, /^live, /);
  await page.route('**/api/**', (route) => route.abort());
  fake.breakStreams();
  await page.getByText(/No news from the cluster for \d+ s; this picture is from/).waitFor();
  killShop2(fake);
  await page.unroute('**/api/**');
  await page.getByText(/^live, /).waitFor();
  await page
    .getByRole('row', { name: /shop-2/ })
    .getByText(/^dead/)
    .waitFor();
  await shown(page, 'shop-2#1 exited, signal SIGKILL');
});

test('a late page shows what happened before it was opened', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  killShop2(fake);
  await shown(page, 'shop-2#1 exited, signal SIGKILL');
  await page.reload();
  await shown(page, 'shop-2#1 exited, signal SIGKILL');
});

test('each call can be copied as curl, and never with the token in it', { skip }, async (t) => {
  const { fake, page } = await openPage(t);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'curl for Sessions live in' }).click();
  await page.getByRole('button', { name: /^Copy the call for Sessions/ }).click();
  await shown(page, 'Copied');
  const copied = await page.evaluate('navigator.clipboard.readText()');
  assert.equal(
    copied,
    [
      'curl -X PATCH',
      '-H "Authorization: Bearer $TOKEN"',
      `-d '{"sessions":"memory"}'`,
      `${fake.url}/api/settings`,
    ].join(' \\\n'),
  );
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`axe finds nothing serious, ${colorScheme} at ${width} px`, { skip }, async (t) => {
      const { fake, page } = await openPage(t, { colorScheme, width });
      killShop2(fake);
      await shown(page, /^dead/);
      await openSettings(page);
      await page.getByRole('button', { name: 'curl for Affinity' }).click();
      await axe(page);
    });
  }
}

test('only the files of the page are served, and strictly', async (t) => {
  const fake = await startFakeConsole(pages.root());
  t.after(() => fake.close());
  const home = await fetch(fake.url, { redirect: 'manual' });
  assert.deepEqual([home.status, home.headers.get('location')], [302, '/control']);
  for (const [path, type] of [
    ['/control', 'text/html'],
    ['/control/main.js', 'text/javascript'],
    ['/control/main.css', 'text/css'],
    ['/stage', 'text/html'],
    ['/join', 'text/html'],
    ['/report/r1', 'text/html'],
    ['/shared/tokens.css', 'text/css'],
  ]) {
    const response = await fetch(fake.url + path);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', new RegExp(`^${type}`));
    assert.match(
      response.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; script-src 'self'/,
    );
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    await response.arrayBuffer();
  }
  for (const path of [
    '/control/index.html',
    '/control/main.js.map',
    '/control/../package.json',
    '/shared',
    '/shared/model.js',
  ]) {
    assert.equal((await fetch(fake.url + path)).status, 404);
  }
});

test('pages that were never built say how to build them', async (t) => {
  const empty = await mkdtemp(join(tmpdir(), 'cartwreck-empty-'));
  t.after(() => rm(empty, { recursive: true }));
  const fake = await startFakeConsole(pathToFileURL(`${empty}/`));
  t.after(() => fake.close());
  const response = await fetch(`${fake.url}/control`);
  assert.equal(response.status, 503);
  assert.match(await response.text(), /npm run build/);
});
