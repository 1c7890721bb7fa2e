import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { Impact, RunView, SceneSecond } from '../../apps/console/contract.ts';
import { axe, misplacedTexts, NO_BROWSER, openPage } from '../support/browser.ts';
import { progressOf } from '../support/cluster-state.ts';
import { buildPages, type FakeConsole, startFakeConsole } from '../support/fake-console.ts';

const skip = NO_BROWSER;
let built: Awaited<ReturnType<typeof buildPages>>;
before(async () => {
  built = await buildPages();
});
after(() => built.remove());

const BEGAN_T = 5000;
const kill: Impact = {
  ...{ what: 'Kill shop-2', kind: 'replica.kill', targets: ['shop-2'], t: BEGAN_T + 40_000 },
  ...{ carts: 60, broken: 21, fromTargets: 21, again: 0, open: false },
};
const deploy: Impact = {
  ...{
    what: 'Rolling deploy of all replicas',
    kind: 'deploy.rolling',
    targets: ['shop-1', 'shop-2', 'shop-3'],
  },
  ...{ t: BEGAN_T + 80_000, carts: 60, broken: 50, fromTargets: 48, again: 3, open: true },
};

/** Two minutes, broken carts from the kill on. */
const seconds: SceneSecond[] = Array.from({ length: 120 }, (_, second) => ({
  t: BEGAN_T + 1000 * second,
  broken: second < 41 ? 0 : second < 80 ? Math.max(2, 61 - second) : 30,
  carts: 60,
  ...{ requestsPerSecond: second === 60 ? null : 60 + (second % 7), errors: 0, p99Ms: 12, storeOps: null },
  perSecond: {},
}));

const run: RunView = {
  ...{
    id: 'k3f',
    number: 3,
    startedAt: 1_790_000_000_000,
    startedT: BEGAN_T,
    durationMs: 120_000,
    running: false,
  },
  ...{ seed: 41, affinity: 'LB cookie', sessions: 'Replica memory', shoppers: 60 },
  ...{ progress: progressOf(50, { done: true }), impacts: [kill, deploy], seconds },
};

async function report(
  t: TestContext,
  id: string,
  {
    runs = [run],
    pin = null,
    ...how
  }: { runs?: RunView[]; pin?: string | null } & BrowserContextOptions = {},
): Promise<{ fake: FakeConsole; page: Page; complaints: string[] }> {
  const fake = await startFakeConsole(built.root);
  t.after(() => fake.close());
  Object.assign(fake, { runs, pin });
  return { fake, ...(await openPage(t, `${fake.url}/report/${id}`, how)) };
}

const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 5000 });

test('a run is told in words and numbers, with the blast radius of each thing that was done', {
  skip,
}, async (t) => {
  const { page, complaints } = await report(t, 'k3f');
  await page.getByRole('heading', { name: 'Run 3' }).waitFor();
  const numbers = await page.locator('.numbers p').allInnerTexts();
  assert.deepEqual(
    numbers.map((text) => text.replace(/\s+/g, ' ')),
    [
      '50 of 68 broken carts, 74 %',
      '4 requests failed or got no answer',
      '83 % largest blast radius: Rolling deploy of all replicas',
    ],
  );
  const rows = await page.locator('tbody tr').allInnerTexts();
  assert.deepEqual(
    rows.map((text) => text.replace(/\s+/g, ' ')),
    [
      '1 00:40 Kill shop-2 21 of 60, 35 % It broke 21 of 60 carts. All 21 had last been right on shop-2.',
      '2 01:20 Rolling deploy of all replicas 50 of 60, 83 % It broke 50 of 60 carts. 48 of them had last been right on ' +
        'shop-1, shop-2, shop-3. 3 shoppers lost a cart more than once.',
    ],
  );
  for (const [name, value] of [
    ['Affinity, as it began', 'LB cookie'],
    ['Sessions, as it began', 'Replica memory'],
    ['Seed', '41'],
    ['Duration', '02:00'],
    ['Kinds of broken carts', 'lost session 50'],
  ]) {
    const row = page.locator('dl div').filter({ has: page.getByText(String(name), { exact: true }) });
    assert.equal(await row.locator('dd').innerText(), value);
  }
  await page.getByRole('img', { name: 'at most 30 of 60 at once, 2 things were done' }).waitFor();
  await says(page, 'npm run replay -- k3f');
  assert.deepEqual(complaints, []);
});

test('the recording and the numbers can be taken along', { skip }, async (t) => {
  const { page } = await report(t, 'k3f');
  for (const name of ['Save the recording', 'Save the numbers as JSON']) {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    assert.match((await download).suggestedFilename(), /^cartwreck-run.*\.jsonl?$/);
  }
});

test('it prints on two pages at most, without buttons', { skip }, async (t) => {
  const { page } = await report(t, 'k3f', { colorScheme: 'dark' });
  await page.getByRole('heading', { name: 'Run 3' }).waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.getByRole('button', { name: 'Print' }).isVisible(), false);
  const pdf = await page.pdf({
    format: 'A4',
    margin: { top: '15mm', bottom: '15mm', left: '15mm', right: '15mm' },
  });
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  assert.ok(pages === 1 || pages === 2, `${pages} pages`);
});

test('a run nobody knows, a run without a shopper, and a closed control room each say what is so', {
  skip,
}, async (t) => {
  const unknown = await report(t, 'nope');
  await says(unknown.page, 'The control room says: no such run.');
  const empty = { ...run, progress: null, impacts: [], seconds: [], running: true };
  const young = await report(t, 'k3f', { runs: [empty] });
  await says(young.page, 'it still goes on');
  await says(young.page, 'Nothing: it was left in peace.');
  young.fake.runs = [run];
  await says(young.page, 'Kill shop-2');
  const closed = await report(t, 'k3f', { pin: '123456' });
  const field = closed.page.getByLabel('PIN of the instructor, from the terminal');
  await field.fill('654321');
  await closed.page.keyboard.press('Enter');
  await says(closed.page, 'not the PIN');
  await field.fill('123456');
  await closed.page.keyboard.press('Enter');
  await closed.page.getByRole('heading', { name: 'Run 3' }).waitFor();
});

for (const width of [390, 768, 1280]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`nothing overlaps and axe finds nothing serious, ${width} px, ${colorScheme}`, {
      skip,
    }, async (t) => {
      const { page } = await report(t, 'k3f', { viewport: { width, height: 900 }, colorScheme });
      await page.getByRole('heading', { name: 'Run 3' }).waitFor();
      if (process.env.SHOTS)
        await page.screenshot({
          path: `${process.env.SHOTS}/report-${width}-${colorScheme}.png`,
          fullPage: true,
        });
      assert.deepEqual(await misplacedTexts(page, 11), []);
      await axe(page);
    });
  }
}
