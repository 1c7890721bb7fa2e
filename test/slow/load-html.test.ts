import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, type TestContext, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { MIN_GAP, placeFlags } from '../../scripts/load/html/lanes.ts';
import { reportHtml } from '../../scripts/load/html/report.ts';
import { recheck } from '../../scripts/load/recheck.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from '../../scripts/load/thresholds.ts';
import { HEADER, historyFile, type RecordedRun, recordedRun } from '../support/recorded.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed`;
const FIVE_FAULTS = [
  'replica.kill shop-2',
  'replica.kill shop-2 undone',
  'replica.pause shop-1',
  'store.kill redis',
  'affinity=cookie',
];

const STATES: Record<string, RecordedRun> = {
  'all right': { shoppers: 12, seconds: 20 },
  broken: { shoppers: 30, seconds: 20, forgetAt: [12], marks: [{ t: 12_050, what: 'replica.kill shop-2' }] },
  unknown: {
    shoppers: 12,
    seconds: 20,
    silentFrom: 10,
    marks: [{ t: 10_000, what: 'replica.pause shop-1' }],
  },
  'no data': { shoppers: 3, seconds: 5, kind: 'read' },
  'five faults in ten seconds': {
    ...{ shoppers: 30, seconds: 60, forgetAt: [21, 25, 29] },
    marks: FIVE_FAULTS.map((what, index) => ({ t: 20_500 + index * 2200, what })),
  },
};

let browser: Browser | null = null;
before(async () => {
  if (!skip)
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
});
after(() => browser?.close());

async function reportOf(t: TestContext, run: RecordedRun): Promise<string> {
  const judged = await recheck(
    historyFile(t, [HEADER, ...recordedRun(run)]),
    DEFAULT_THRESHOLDS.map(parseThreshold),
  );
  return reportHtml(judged);
}

/** The text of the page without its tags. */
const wordsOf = (page: string): string =>
  page
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

test('the first sentence is the verdict, and says "all" only if all were looked at', async (t) => {
  const sentence = async (run: RecordedRun) => /<h1>(.*?)<\/h1>/.exec(await reportOf(t, run))?.[1];
  assert.equal(await sentence(STATES['all right'] ?? {}), 'All 12 carts are right.');
  assert.equal(await sentence(STATES.broken ?? {}), '10 of 40 carts are broken.');
  assert.equal(await sentence(STATES.unknown ?? {}), 'Nobody can say that all carts are right.');
  assert.equal(await sentence(STATES['no data'] ?? {}), 'No cart could be checked.');
});

test('a broken run names the fault, its damage, the life that had the carts, and shows ten witnesses', async (t) => {
  const page = await reportOf(t, STATES.broken ?? {});
  const words = wordsOf(page);
  assert.match(words, /00:12\.0 shop-2 killed → 10 carts broken within 0\.\d s, all homed on shop-2#1/);
  assert.equal(page.match(/<article class="witness">/g)?.length, 10);
  assert.match(words, /Shopper 2 lost mug ×12/);
  assert.match(words, /Put 1 × mug into the cart/);
  assert.match(words, /npm run load -- --seed 41 --shoppers 30/);
  assert.match(words, /shop-3#1 200 33\.3 % 0/);
});

test('only what broke is cracked: without a broken cart there is no crack and no witness', async (t) => {
  const page = await reportOf(t, STATES['all right'] ?? {});
  assert.equal(page.includes('fill="var(--broken)"'), false);
  assert.equal(page.includes('class="witness"'), false);
});

test('nothing that came from outside becomes markup', async (t) => {
  const evil = '<img src=x onerror=alert(1)>"\'&';
  const marks = [{ t: 3000, what: evil }];
  const page = await reportOf(t, { sku: evil, marks, forgetAt: [5], seconds: 10 });
  assert.equal(page.includes('<img'), false);
  assert.ok(page.includes('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;'));
});

test('one file: no script, no link, nothing to fetch', async (t) => {
  const page = await reportOf(t, STATES.broken ?? {});
  assert.doesNotMatch(page, /<script|<link|<img|@import|url\(|src=/);
  assert.match(page, /content="default-src 'none'; style-src 'unsafe-inline'/);
});

test('flags stand in two lanes, and those that fit in neither share a sign', () => {
  const places = placeFlags([0, 1000, 2000, 3000, 50_000], 100_000);
  assert.deepEqual(
    places.map(({ first, last, lane }) => ({ first, last, lane })),
    [
      { first: 1, last: 1, lane: 0 },
      { first: 2, last: 4, lane: 1 },
      { first: 5, last: 5, lane: 0 },
    ],
  );
  const many = placeFlags(
    Array.from({ length: 100 }, (_, index) => index * 700),
    100_000,
  );
  for (const lane of [0, 1]) {
    const own = many.filter((sign) => sign.lane === lane);
    for (const [index, sign] of own.slice(1).entries()) assert.ok(sign.at - (own[index]?.at ?? 0) >= MIN_GAP);
  }
  assert.equal(many.at(-1)?.last, 100, 'every flag is part of a sign');
});

const LOOKS = [
  ['all right', 'light', 320],
  ['broken', 'light', 1280],
  ['broken', 'dark', 320],
  ['unknown', 'dark', 1280],
  ['no data', 'dark', 320],
  ['five faults in ten seconds', 'light', 1920],
] as const;
for (const [name, colorScheme, width] of LOOKS) {
  const what = `the report of a run that is ${name} (${colorScheme}, ${width} px)`;
  test(`${what} fits, fetches nothing, and axe has no objection`, { skip }, async (t) => {
    const page = await reportOf(t, STATES[name] ?? {});
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const context = await browser?.newContext({
      colorScheme,
      viewport: { width, height: 800 },
      bypassCSP: true,
    });
    assert.ok(context);
    t.after(() => context.close());
    const tab = await context.newPage();
    const asked: string[] = [];
    tab.on('request', (request) => asked.push(request.url()));
    await tab.setContent(page);
    assert.equal(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    await tab.evaluate(axe);
    const { violations } = await tab.evaluate<{ violations: { id: string }[] }>('axe.run()');
    assert.deepEqual(
      violations.map(({ id }) => id),
      [],
    );
    assert.deepEqual(asked, []);
  });
}
