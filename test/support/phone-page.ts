import type { TestContext } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { openPage } from './browser.ts';
import { type FakeClass, startFakeClass } from './fake-class.ts';
import { waitFor } from './wait.ts';

export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };

export interface Joined {
  room: FakeClass;
  page: Page;
  complaints: string[];
  name: string;
}

/** A phone that is in, with an empty cart. */
export async function joined(t: TestContext, root: URL, how: BrowserContextOptions = PHONE): Promise<Joined> {
  const room = await startFakeClass(t, root);
  const opened = await openPage(t, `${room.url}/join`, { ...how, origins: [room.shop.url] });
  const first = opened.page.locator('.names button').first();
  const name = await first.innerText();
  await first.click();
  await says(opened.page, 'Your cart is empty');
  return { room, ...opened, name };
}

export const says = (page: Page, text: string | RegExp, timeout = 10_000) =>
  page.getByText(text).first().waitFor({ timeout });
export const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** Taps goods one after the other, each when the one before is settled, well or badly. */
export async function fill({ room, page }: Pick<Joined, 'room' | 'page'>, ...goods: string[]): Promise<void> {
  for (const sku of goods) {
    const before = room.shop.changes.length;
    await press(page, `Add ${sku}`);
    await waitFor(`the shop to hear of ${sku}`, () => room.shop.changes.length > before);
    await page.locator('.cart[aria-busy="false"]').waitFor();
  }
}

export const rowsOf = async (page: Page) =>
  (await page.locator('tbody tr').allInnerTexts()).map((row) =>
    row.split('\t').slice(0, 2).join(' | ').replace(/\s+/g, ' ').trim(),
  );

export const shows = (page: Page, rows: string[]) =>
  waitFor(`the rows ${rows.join(', ')}`, async () => (await rowsOf(page)).join() === rows.join());

/** The last that the console was told of the one student there is. */
export const toldCart = ({ log }: FakeClass) =>
  log.since(0).findLast((event) => event.type === 'student.cart');
