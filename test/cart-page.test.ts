import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { type Browser, chromium, type Page } from 'playwright-core';
import { readConfig } from '../apps/cart/config.ts';
import { createReplica } from '../apps/cart/replica.ts';
import { CART_ENV, openReplica } from './support/cart.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `no browser at ${CHROMIUM}`;

test('the page and everything it loads come from the replica under a policy that allows nothing else', async (t) => {
  const url = await openReplica(t);
  const files = readdirSync(fileURLToPath(new URL('../apps/cart/page', import.meta.url)));
  for (const file of files) {
    const response = await fetch(`${url}/${file === 'index.html' ? '' : file}`);
    assert.equal(response.status, 200, file);
    assert.equal(response.headers.get('cache-control'), 'no-store', file);
    assert.match(String(response.headers.get('content-security-policy')), /^default-src 'none';/, file);
    const text = (await response.text()).replaceAll('http://www.w3.org/2000/svg', '');
    assert.doesNotMatch(text, /https?:\/\/|(?:src|href)="\/\//, `${file} names another site`);
  }
});

async function openPage(t: TestContext, url: string, options: { withoutStorage?: true } = {}): Promise<Page> {
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.on('pageerror', (error) => assert.fail(error));
  if (options.withoutStorage) {
    await page.addInitScript(
      "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } })",
    );
  }
  await page.goto(url);
  return page;
}

const says = (page: Page, headline: string) => page.getByRole('heading', { name: headline }).waitFor();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const rowsOf = async (page: Page) =>
  (await page.locator('#lines tr').allInnerTexts()).map((row) =>
    row.split('\t').slice(0, 2).join(' | ').replaceAll('\u00a0', ' '),
  );

test('a shopper fills, changes, and checks out a cart, and the page agrees with the shop', {
  skip,
}, async (t) => {
  const page = await openPage(t, await openReplica(t, { REPLICA_ID: 'shop-2', BOOT_ID: 'shop-2#5' }), {
    withoutStorage: true,
  });
  await says(page, 'Your cart is empty');
  await press(page, 'Add a mug');
  await press(page, 'One Mug more');
  await press(page, 'One Mug more');
  await press(page, 'Add socks');
  await press(page, 'Remove Socks');
  await page.getByText('3 items').first().waitFor();
  await says(page, 'Your cart is right');
  assert.deepEqual(await rowsOf(page), ['Mug × 3 | Mug × 3']);
  await page.getByLabel('Your name').fill('hare');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Log out hare' }).waitFor();
  assert.match(
    await page.locator('.facts').innerText(),
    /shop-2, life 5\s+Sessions live in\s+Replica memory/,
  );
  await press(page, 'Check out');
  await says(page, 'Your cart is empty');
});

test('when the replica died with the cart, the page says what is gone and who had kept it', {
  skip,
}, async (t) => {
  const env = { ...CART_ENV, REPLICA_ID: 'shop-2' };
  const log = pino({ level: 'silent' });
  const first = createReplica(readConfig(env), log);
  const port = await first.open({ host: '127.0.0.1', port: 0 });
  const page = await openPage(t, `http://127.0.0.1:${port}`);
  await press(page, 'Add a mug');
  await press(page, 'Add a tea');
  await says(page, 'Your cart is right');
  await first.stop();
  await press(page, 'Add a book');
  await says(page, 'The shop did not answer');
  const second = createReplica(readConfig({ ...env, BOOT_ID: 'shop-2#2' }), log);
  t.after(() => second.stop());
  await second.open({ host: '127.0.0.1', port });
  await page.reload();
  await says(page, 'Your cart is gone');
  assert.deepEqual(await rowsOf(page), ['Mug × 1 | Mug gone', 'Tea × 1 | Tea gone']);
  const reason = await page.locator('#reason').innerText();
  assert.equal(reason, 'shop-2#2 answered 200 OK: 2 of 2 items gone. What is gone was kept by shop-2#1.');
  await press(page, 'Carry on with what the shop has');
  await says(page, 'Your cart is empty');
});
