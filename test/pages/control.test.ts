import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { axe, NO_BROWSER, openPage as openAnyPage } from '../support/browser.ts';
import { readyReplica } from '../support/cluster-state.ts';
import { buildPages, type FakeConsole, startFakeConsole, TOKEN } from '../support/fake-console.ts';
import { waitFor } from '../support/wait.ts';

const skip = NO_BROWSER;
let built: Awaited<ReturnType<typeof buildPages>>;
before(async () => {
  built = await buildPages();
});
after(() => built.remove());

/** The page of a fresh fake console; complaints of the browser and requests to strangers fail the test. */
async function openPage(
  t: TestContext,
  options: { token?: string | null; colorScheme?: 'light' | 'dark'; width?: number } = {},
): Promise<{ fake: FakeConsole; page: Page; complaints: string[] }> {
  const { token = TOKEN, colorScheme = 'light', width = 1280 } = options;
  const fake = await startFakeConsole(built.root);
  t.after(() => fake.close());
  const url = `${fake.url}/control${token === null ? '' : `#token=${token}`}`;
  const opened = await openAnyPage(t, url, { colorScheme, viewport: { width, height: 800 } });
  await opened.page.getByRole('rowheader', { name: 'shop-1' }).waitFor();
  return { fake, ...opened };
}

const shown = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 5000 });

function killShop2(fake: FakeConsole): void {
  const dead = { ...readyReplica(2), state: 'exited' as const, since: Date.now() - fake.state.startedAt };
  const replicas = [readyReplica(1), dead, readyReplica(3)];
  const fault = { id: 'f1', fault: 'replica.kill', target: 'shop-2', forMs: null } as const;
  const faults = [
    { ...fault, targets: ['shop-2'], with: {}, injectedAt: dead.since, state: 'active' as const },
  ];
  fake.tell({ type: 'fault.injected', ...fault }, { faults });
  fake.tell(
    { type: 'replica.exited', replica: 'shop-2', life: 'shop-2#1', how: 'signal SIGKILL', expected: true },
    { replicas },
  );
}

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
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Round robin');
  assert.equal(fake.calls.length, 0);
  await page.keyboard.press('Enter');
  await waitFor('the call', () => fake.calls[0]);
  assert.deepEqual(fake.calls[0]?.body, { affinity: 'none' });
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
  assert.deepEqual(await press('Kill Redis'), [
    'POST',
    '/api/faults',
    { fault: 'store.kill', target: 'redis' },
  ]);
  assert.deepEqual(await press('Add replica'), ['PUT', '/api/replicas', { count: 4 }]);
  assert.deepEqual(await press('Remove replica'), ['PUT', '/api/replicas', { count: 2 }]);
  assert.deepEqual(await press('Rolling deploy'), [
    'POST',
    '/api/deploys',
    { strategy: 'in-place', drain: '2s' },
  ]);
  await page.getByLabel('Shoppers').fill('12');
  await page.getByLabel('Seed').fill('41');
  assert.deepEqual(await press('Start the load'), [
    'POST',
    '/api/load',
    { shoppers: 12, duration: '10m', seed: 41 },
  ]);
  fake.tell({ type: 'load.started', shoppers: 12, seed: 41 }, { loadRunning: true });
  await shown(page, 'Load: 12 shoppers, seed 41');
  assert.deepEqual((await press('Stop the load')).slice(0, 2), ['DELETE', '/api/load']);
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
  const field = page.getByLabel(/Paste the token printed in the terminal/);
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
  await page.getByLabel(/Paste the token printed in the terminal/).waitFor();
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
      await page.getByText('More settings').click();
      await page.getByRole('button', { name: 'curl for Affinity' }).click();
      await axe(page);
    });
  }
}

test('only the files of the page are served, and strictly', async (t) => {
  const fake = await startFakeConsole(built.root);
  t.after(() => fake.close());
  const home = await fetch(fake.url, { redirect: 'manual' });
  assert.deepEqual([home.status, home.headers.get('location')], [302, '/control']);
  for (const [path, type] of [
    ['/control', 'text/html'],
    ['/control/main.js', 'text/javascript'],
    ['/control/main.css', 'text/css'],
    ['/control/tokens.css', 'text/css'],
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
  for (const path of ['/control/index.html', '/control/main.js.map', '/control/../package.json', '/shared']) {
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
