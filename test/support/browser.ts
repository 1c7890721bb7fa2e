import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, type TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's; no browser is downloaded. */
const CHROMIUM = '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** For `test(name, { skip: NO_BROWSER }, …)`. Where CARTWRECK_REQUIRE_BROWSER is set, a missing browser fails instead. */
export const NO_BROWSER: string | false =
  existsSync(CHROMIUM) || process.env.CARTWRECK_REQUIRE_BROWSER ? false : `${CHROMIUM} is not installed`;

let launched: Promise<Browser> | null = null;

/** One browser a test file, closed after its last test. */
export function theBrowser(): Promise<Browser> {
  launched ??= chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  return launched;
}

after(async () => (await launched)?.close());

export interface OpenedPage {
  page: Page;
  /** what the browser complained of: errors in its console, exceptions, requests to anybody but `origins` */
  complaints: string[];
}

/** A page in a context of its own. */
export async function openPage(
  t: TestContext,
  url: string,
  options: BrowserContextOptions & { origins?: string[] } = {},
): Promise<OpenedPage> {
  const { origins = [], ...how } = options;
  const context = await (await theBrowser()).newContext({ viewport: { width: 1280, height: 720 }, ...how });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const known = [new URL(url).origin, ...origins];
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const isLocal = request.url().startsWith('data:') || known.includes(new URL(request.url()).origin);
    if (!isLocal) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** Fails with what axe finds that is serious or critical. */
export async function axe(page: Page): Promise<void> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  const { violations } = await page.evaluate<{
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  }>('axe.run()');
  const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(
    bad.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
    [],
  );
}

/** Every text that overlaps another, leaves the page, or is smaller than `floorPx` on the screen; empty = fine. */
export async function misplacedTexts(page: Page, floorPx: number): Promise<string[]> {
  const source = await readFile(new URL('./misplaced-texts.js', import.meta.url), 'utf8');
  return page.evaluate<string[]>(
    `(${source
      .trim()
      .replace(/^\/\/.*\n/, '')
      .replace(/;$/, '')})(${floorPx})`,
  );
}
