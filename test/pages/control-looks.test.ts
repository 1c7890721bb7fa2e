import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misplacedTexts, NO_BROWSER } from '../support/browser.ts';
import { aRun, killShop2, openControl, openSettings, shown, withPages } from '../support/control-page.ts';
import { type Moment, stateOf } from '../support/stage-states.ts';
import { waitFor } from '../support/wait.ts';

const skip = NO_BROWSER;
withPages();

const SIZES = [
  [1440, 900],
  [1366, 768],
  [1280, 720],
  [1024, 768],
  [390, 844],
] as const;

for (const [width, height] of SIZES) {
  test(`every text has its place at ${width}×${height}, and on a computer in a wide font too`, {
    skip,
  }, async (t) => {
    const { fake, page } = await openControl(t, {
      width,
      height,
      prepare: (console) => {
        console.runs = [aRun(2, { faultAt: 40, broken: 0 }), aRun(1, { faultAt: 10, broken: 21 })];
      },
    });
    killShop2(fake);
    await shown(page, /^dead/);
    await page.getByRole('checkbox', { name: 'Compare Run 1' }).check();
    await page.locator('.compare').waitFor();
    await page.getByText('Any fault').click();
    await page.getByRole('button', { name: 'curl for Affinity' }).click();
    // What was scrolled away lies under the header: that is no overlap.
    await page.evaluate("document.querySelectorAll('section').forEach((it) => it.scrollTo(0, 0))");
    assert.deepEqual(await misplacedTexts(page, 12), []);
    if (width < 1000) return;
    await page.evaluate("document.documentElement.dataset.font = 'wide'");
    assert.deepEqual(await misplacedTexts(page, 12), []);
  });
}

for (const [width, height] of SIZES) {
  test(`every text has its place at ${width}×${height} with all settings open and replicas out`, {
    skip,
  }, async (t) => {
    const { page } = await openControl(t, {
      width,
      height,
      prepare: (fake) => {
        fake.state = stateOf(BUSY_ROWS, fake.state.startedAt);
      },
    });
    await openSettings(page);
    await page.evaluate("document.querySelectorAll('section').forEach((it) => it.scrollTo(0, 0))");
    assert.deepEqual(await misplacedTexts(page, 12), []);
    if (width < 1000) return;
    await page.evaluate("document.documentElement.dataset.font = 'wide'");
    assert.deepEqual(await misplacedTexts(page, 12), []);
    const beyond = await page.evaluate<number>(
      "Math.max(...[...document.querySelectorAll('section')].map((it) => it.scrollWidth - it.clientWidth))",
    );
    assert.ok(beyond <= 0, `a column is ${beyond} px too wide`);
  });
}

/** A note in every row, an ejected one among them, and a panic. */
const BUSY_ROWS: Moment = { students: 8, look: { 1: 'draining', 2: 'ejected', 3: 'down' }, panic: true };

test('a note that comes moves no button', { skip }, async (t) => {
  for (const [width, height] of [
    [1440, 900],
    [1280, 720],
    [1024, 768],
  ] as const) {
    const { fake, page } = await openControl(t, { width, height });
    const buttons = () =>
      page.locator('.do button').evaluateAll((all) => all.map((it) => it.getBoundingClientRect().top));
    const before = await buttons();
    const why = '5 requests in a row failed: reset by the other side';
    const life = 'shop-1#1';
    fake.tell({ type: 'upstream.state', upstream: 'shop-1', life, from: 'up', to: 'ejected', why });
    await page.locator('.state small').waitFor();
    assert.deepEqual(await buttons(), before, `${width} px`);
  }
});

test('a theme comes with the address', { skip }, async (t) => {
  const { fake, page } = await openControl(t, { colorScheme: 'light' });
  const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  assert.equal(await ground(), 'rgb(255, 255, 255)');
  await page.goto(`${fake.url}/control?theme=dark`);
  await waitFor('the dark ground', async () => (await ground()) === 'rgb(18, 22, 28)');
});
