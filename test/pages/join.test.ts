import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NO_BROWSER } from '../support/browser.ts';
import { buildPages } from '../support/fake-console.ts';
import { fill, joined, press, rowsOf, says, shows, toldCart } from '../support/phone-page.ts';
import { waitFor } from '../support/wait.ts';

const skip = NO_BROWSER;
let built: Awaited<ReturnType<typeof buildPages>>;
before(async () => {
  built = await buildPages();
});
after(() => built.remove());

test('a name is tapped, a cart is filled, and every change is sent once, with the name of its op', {
  skip,
}, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page, complaints, name } = phone;
  assert.equal(await page.locator('h1').innerText(), name);
  await fill(phone, 'mug', 'mug', 'tea');
  await press(page, 'Remove one mug');
  await shows(page, ['Mug × 1 | Mug × 1', 'Tea × 1 | Tea × 1']);
  await says(page, 'Your cart is right');
  await says(page, 'Your session lives in the memory of shop-1.');
  await says(page, '2 items, all there');
  const { changes } = room.shop;
  assert.deepEqual(
    changes.map(({ what }) => what),
    ['POST /api/logout', ...Array(3).fill('POST /api/cart/lines'), 'DELETE /api/cart/lines/:id'],
  );
  const names = changes.map(({ opId }) => /^(p[a-z0-9]+\.p1)\.(\d+)$/.exec(opId) ?? []);
  assert.equal(new Set(names.map(([, visit]) => visit)).size, 1);
  const numbers = names.map(([, , number]) => Number(number));
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
  await waitFor('the console to know the cart', () => toldCart(room)?.items === 2);
  const { on, cart, silent } = toldCart(room) ?? {};
  assert.deepEqual({ on, cart, silent }, { on: 'shop-1', cart: 'right', silent: false });
  await press(page, 'Check out');
  await says(page, 'Your cart is empty');
  await says(page, '3 items, 1 order');
  assert.deepEqual(complaints, []);
});

test('a replica that never saw the cart breaks it, and only a new cart mends that', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  await fill(phone, 'mug', 'tea');
  room.shop.to = 'shop-3';
  await fill(phone, 'lamp');
  await says(page, 'Your cart is gone');
  await says(page, 'shop-1 had your cart; shop-3 answered and does not know it. The answer said 200 OK.');
  await shows(page, ['Mug × 1 | Mug gone', 'Tea × 1 | Tea gone', 'Lamp × 1 | Lamp × 1']);
  await waitFor('the console to know', () => toldCart(room)?.cart === 'broken');
  const { on, items, silent } = toldCart(room) ?? {};
  assert.deepEqual({ on, items, silent }, { on: 'shop-3', items: 3, silent: true });
  room.shop.to = 'shop-1';
  await fill(phone, 'book');
  await says(page, 'broken 1×');
  await press(page, 'New cart');
  await says(page, 'Your cart is empty');
  await waitFor('the console to know of the new cart', () => toldCart(room)?.cart === 'none');
});

test('the cause is told as soon as the console knows of the death, and a cart is looked at because of it', {
  skip,
}, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  await fill(phone, 'mug');
  room.shop.to = 'shop-2';
  const at = Date.now();
  room.deaths.push({ life: 'shop-1#1', how: 'killed', at });
  await says(page, 'Your cart is gone');
  const time = new Date(at).toLocaleTimeString('en-GB');
  await says(
    page,
    `Your session lived in shop-1. It was killed at ${time}. shop-2 answered, and had never seen your cart. The answer said 200 OK.`,
  );
});

test('an error says whether something was done, and is no broken cart', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  await fill(phone, 'mug');
  room.shop.to = { status: 503, sent: '0' };
  await fill(phone, 'tea');
  await says(page, 'The shop refused that');
  await says(page, 'Nothing was changed.');
  assert.deepEqual(await rowsOf(page), ['Mug × 1 | Mug × 1']);
  room.shop.to = { status: 502, sent: '1' };
  await fill(phone, 'tea');
  await says(page, 'Was it added? Unknown.');
  await shows(page, ['Mug × 1 | Mug × 1', 'Tea 1 unknown | nothing']);
  room.shop.to = 'shop-1';
  await press(page, 'Ask what is in my cart');
  await says(page, 'Your cart is right');
  assert.equal(await page.getByText(/broken \d/).count(), 0);
});

test('a frozen shop is waited for, given up, and never asked a second time', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  await fill(phone, 'mug');
  room.shop.to = 'silence';
  await press(page, 'Add tea');
  await says(page, 'Waiting for the shop…');
  await says(page, 'The shop did not answer', 15_000);
  await says(page, 'Was it added? Unknown.');
  const adds = room.shop.changes.filter(({ what }) => what === 'POST /api/cart/lines');
  assert.equal(adds.length, 2);
});

test('quick fingers are slowed to four clicks a second, kindly', { skip }, async (t) => {
  const phone = await joined(t, built.root);
  const { room, page } = phone;
  const startedAt = performance.now();
  await page.evaluate(
    `for (let n = 0; n < 12; n++) document.querySelector('[aria-label="Add tea"]').click()`,
  );
  await says(page, 'One at a time: the shop is still busy with what you asked for.');
  await shows(page, ['Tea × 4 | Tea × 4']);
  assert.ok(performance.now() - startedAt >= 750);
  assert.equal(room.shop.changes.length, 5);
});
