import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { axe, misplacedTexts, NO_BROWSER } from '../support/browser.ts';
import { buildPages } from '../support/fake-console.ts';
import { fill, joined, PHONE, says } from '../support/phone-page.ts';

const skip = NO_BROWSER;
let built: Awaited<ReturnType<typeof buildPages>>;
before(async () => {
  built = await buildPages();
});
after(() => built.remove());

for (const [what, how] of Object.entries({
  'a phone': PHONE,
  'a small phone, dark': { viewport: { width: 320, height: 640 }, colorScheme: 'dark' },
  'a tablet, reduced motion': { viewport: { width: 820, height: 1100 }, reducedMotion: 'reduce' },
} satisfies Record<string, BrowserContextOptions>)) {
  test(`on ${what} nothing overlaps, every target is large enough, and axe finds nothing serious`, {
    skip,
  }, async (t) => {
    const phone = await joined(t, built.root, how);
    const { room, page } = phone;
    const check = async () => {
      assert.deepEqual(await misplacedTexts(page, 14), []);
      assert.deepEqual(await smallTargets(page), []);
      await axe(page);
    };
    await fill(phone, 'mug', 'socks', 'plant');
    await check();
    room.shop.to = 'shop-2';
    room.deaths.push({ life: 'shop-1#1', how: 'killed', at: Date.now() });
    await says(page, 'It was killed at');
    await check();
    room.shop.to = { status: 502, sent: '1' };
    await fill(phone, 'tea');
    await says(page, 'Was it added? Unknown.');
    await check();
    const question =
      'We kill shop-2 while everybody shops. How many of all the carts in this room will break?';
    await room.instruct('PUT', '/vote', { question, options: ['None of them', 'A third, more or less'] });
    await page.locator('label', { hasText: 'A third' }).click();
    await says(page, 'Your vote is in.');
    await check();
    await room.instruct('POST', '/vote/came', { option: 1 });
    await says(page, 'your vote, it came true');
    await check();
  });
}

/** Buttons and options a finger would miss. */
const smallTargets = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('button, label')]
    .map((one) => ({ text: one.textContent, box: one.getBoundingClientRect() }))
    .filter(({ box }) => box.width < 44 || box.height < 44)
    .map(({ text, box }) => text + ' ' + box.width + 'x' + box.height)`);
