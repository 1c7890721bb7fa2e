import { after, before, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import type { Impact, RunView } from '../../apps/console/contract.ts';
import { openPage as openAnyPage } from './browser.ts';
import { progressOf, readyReplica } from './cluster-state.ts';
import { buildPages, type FakeConsole, startFakeConsole, TOKEN } from './fake-console.ts';

let built: Awaited<ReturnType<typeof buildPages>> | null = null;

/** Builds the pages once for the tests of a file. */
export function withPages(): { root(): URL } {
  before(async () => {
    built = await buildPages();
  });
  after(() => built?.remove());
  return { root: theRoot };
}

function theRoot(): URL {
  if (!built) throw new Error('call withPages() in the test file first');
  return built.root;
}

export interface ControlPage {
  fake: FakeConsole;
  page: Page;
  /** what the browser complained of */
  complaints: string[];
}

/** The control page of a fresh fake console; `prepare` changes the fake before the page is opened. */
export async function openControl(
  t: TestContext,
  options: {
    token?: string | null;
    colorScheme?: 'light' | 'dark';
    width?: number;
    height?: number;
    prepare?(fake: FakeConsole): void;
  } = {},
): Promise<ControlPage> {
  const { token = TOKEN, colorScheme = 'light', width = 1280, height = 800, prepare } = options;
  const fake = await startFakeConsole(theRoot());
  t.after(() => fake.close());
  prepare?.(fake);
  const url = `${fake.url}/control${token === null ? '' : `#token=${token}`}`;
  const opened = await openAnyPage(t, url, { colorScheme, viewport: { width, height } });
  if (fake.pin === null) await opened.page.getByRole('rowheader', { name: 'shop-1' }).waitFor();
  return { fake, ...opened };
}

/** Unfolds every group of settings. */
export async function openSettings(page: Page): Promise<void> {
  for (const group of await page.locator('.settings summary').all()) await group.click();
}

export const shown = (page: Page, text: string | RegExp) =>
  page.getByText(text).first().waitFor({ timeout: 5000 });

/** What the log says, the newest first. */
export async function logLines(page: Page): Promise<string[]> {
  const texts = await page.locator('.log li > span').allInnerTexts();
  return texts.map((text) => text.replace(/^(you|cluster):\s*/, '').trim());
}

/** Somebody killed shop-2, and it is dead. */
export function killShop2(fake: FakeConsole): void {
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

/** A third of 68 carts broke. */
export const IMPACT: Impact = {
  what: 'Kill shop-2',
  kind: 'replica.kill',
  targets: ['shop-2'],
  t: 0,
  carts: 68,
  broken: 21,
  fromTargets: 21,
  again: 0,
  open: true,
};

/** A run of a minute that lost `broken` carts at `faultAt` seconds. */
export function aRun(number: number, { faultAt, broken }: { faultAt: number; broken: number }): RunView {
  return {
    id: `r${number}`,
    number,
    startedAt: 0,
    durationMs: 60_000,
    running: false,
    seed: 41,
    affinity: 'LB cookie',
    sessions: 'Replica memory',
    shoppers: 60,
    progress: progressOf(broken),
    impacts: [{ ...IMPACT, t: faultAt * 1000 }],
    startedT: 0,
    seconds: Array.from({ length: 60 }, (_, second) => ({
      t: second * 1000,
      broken: second < faultAt ? 0 : broken,
      carts: 68,
      requestsPerSecond: 66,
      errors: 0,
      p99Ms: 14,
      storeOps: null,
      perSecond: {},
    })),
  };
}
