import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NO_BROWSER, openPage } from '../support/browser.ts';
import { startFakeClass } from '../support/fake-class.ts';
import { buildPages } from '../support/fake-console.ts';
import { fill, joined, PHONE, press, says, shows, toldCart } from '../support/phone-page.ts';
import { waitFor } from '../support/wait.ts';

const skip = NO_BROWSER;
let built: Awaited<ReturnType<typeof buildPages>>;
before(async () => {
  built = await buildPages();
});
after(() => built.remove());

test('a prediction is voted, changed, counted, and comes true or not', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  const options = ['None', 'About a third', 'All of them'];
  assert.equal(
    await room.instruct('PUT', '/vote', { question: 'We kill shop-2. How many break?', options }),
    200,
  );
  await page.locator('label', { hasText: 'About a third' }).click();
  await says(page, 'Your vote is in.');
  await page.locator('label', { hasText: 'All of them' }).click();
  await waitFor('the change', () => page.getByLabel('All of them').isChecked());
  await says(page, '1 has voted');
  await press(page, 'Go on to the shop');
  await page.getByRole('button', { name: 'A vote is open' }).click();
  await room.instruct('POST', '/vote/came', { option: 1 });
  await page.getByRole('listitem').filter({ hasText: 'About a third' }).getByText('it came true').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'All of them' }).getByText('your vote').waitFor();
  await room.instruct('DELETE', '/vote');
  await page.getByText('We kill shop-2').waitFor({ state: 'detached' });
});

test('without the console shopping goes on, and votes cannot be sent', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  await room.instruct('PUT', '/vote', { question: 'How many?', options: ['None', 'All'] });
  await says(page, 'How many?');
  room.vanish();
  await page.locator('label', { hasText: 'None' }).click();
  await says(page, 'Your vote was not taken. The control room does not answer.');
  assert.equal(await page.getByLabel('None').isChecked(), false);
  await says(page, /The control room does not answer since .* Your shopping goes on; votes cannot be sent\./);
  await press(page, 'Go on to the shop');
  await fill(phone, 'mug');
  await says(page, 'Your cart is right');
});

test('a reload forgets nothing: what was put in before is asked for after', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page, name } = phone;
  await fill(phone, 'mug', 'tea');
  const rows = ['Mug × 1 | Mug × 1', 'Tea × 1 | Tea × 1'];
  await shows(page, rows);
  await page.reload();
  await says(page, 'Your cart is right');
  assert.equal(await page.locator('h1').innerText(), name);
  await shows(page, rows);
  assert.equal(room.shop.changes.length, 3);
  room.shop.to = 'shop-2';
  await page.reload();
  await says(page, 'Your cart is gone');
  await page.reload();
  await says(page, 'Your cart is gone');
  await says(page, 'shop-1 had your cart; shop-2 answered and does not know it.');
  await says(page, 'broken 1×');
});

test('a restarted console takes the phone in again, and its cart is still its cart', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page, name } = phone;
  await fill(phone, 'mug');
  await room.restart();
  await waitFor('the phone in the new console', () => toldCart(room)?.items === 1);
  assert.equal(toldCart(room)?.name, name);
  await says(page, 'Your cart is right');
  assert.equal(room.shop.changes.length, 2);
});

test('another cluster, and one that was put back, begin anew and accuse nobody', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  await fill(phone, 'mug');
  room.shop.to = 'shop-2';
  await room.restart({ startedAt: 2_000_000 });
  await says(page, 'This is another cluster than before: you start anew, with a new cart.');
  await says(page, 'Your cart is empty');
  await fill(phone, 'tea');
  room.shop.to = 'shop-3';
  room.log.add({ type: 'cluster.reset', ms: 900 });
  await says(page, 'The cluster was put back: you start anew, with a new cart.');
  await says(page, 'Your cart is empty');
  assert.equal(await page.getByText(/broken \d/).count(), 0);
});

test('a phone that slept says so, and asks the shop again', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  await fill(phone, 'mug');
  await page.clock.install();
  room.shop.to = 'shop-2';
  await page.clock.fastForward(60_000);
  await says(page, /Your phone was asleep since \d\d:\d\d:\d\d\. The shop is asked again\./);
  await says(page, 'Your cart is gone');
});

test('a browser that keeps nothing still shops', { skip }, async (t) => {
  const room = await startFakeClass(t, built.root);
  const { page } = await openPage(t, `${room.url}/join`, { ...PHONE, origins: [room.shop.url] });
  await page.addInitScript(
    "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } })",
  );
  await page.reload();
  await page.locator('.names button').first().click();
  await fill({ room, page }, 'mug');
  await says(page, 'Your cart is right');
});

test('a name that was tapped by mistake is given back, and its cart is begun anew', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page, name } = phone;
  await fill(phone, 'mug');
  await press(page, 'Take another name');
  await page.getByText('you are the first').waitFor();
  assert.deepEqual(room.log.since(0).at(-1), { ...room.log.since(0).at(-1), type: 'student.left', name });
  await page.locator('.names button').first().click();
  await says(page, 'Your cart is empty');
});
