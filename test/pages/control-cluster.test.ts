import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { ClusterState } from '../../apps/console/contract.ts';
import { SETTING_LABELS } from '../../apps/console/web/shared/setting-labels.ts';
import { callApi } from '../../lib/call.ts';
import { identify, signalExactly } from '../../lib/process-identity.ts';
import type { LinkView, SettingName, Settings } from '../../proxy/contract.ts';
import { axe, NO_BROWSER, openPage } from '../support/browser.ts';
import { BUSY, startTestCluster, type TestCluster } from '../support/cluster.ts';
import { logLines, openSettings, shown } from '../support/control-page.ts';
import { waitFor } from '../support/wait.ts';

/** The control page on a whole cluster: what is asserted is read from the proxy and the agent, not from the page. */
const skip = NO_BROWSER;

async function openCluster(
  t: TestContext,
  flags: Parameters<typeof startTestCluster>[1] = {},
): Promise<{ cluster: TestCluster; page: Page; complaints: string[] }> {
  const cluster = await startTestCluster(t, flags);
  await cluster.whole();
  const { consoleUrl, token } = cluster.info;
  const opened = await openPage(t, `${consoleUrl}/control#token=${token}`, {
    viewport: { width: 1440, height: 900 },
  });
  opened.page.setDefaultTimeout(BUSY.timeoutMs);
  await opened.page.getByRole('rowheader', { name: 'shop-3' }).waitFor();
  return { cluster, ...opened };
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** Waits for what the cluster says of itself. */
const until = (cluster: TestCluster, what: string, probe: (state: ClusterState) => unknown) =>
  waitFor(what, async () => Boolean(probe(await cluster.state())), BUSY);

const openFault = ({ faults }: ClusterState, name: string) =>
  faults.find(({ fault, state }) => fault === name && state === 'active');

test('every setting is switched at the proxy', { skip }, async (t) => {
  const { cluster, page } = await openCluster(t);
  await openSettings(page);
  for (const [name, { label, values }] of Object.entries(SETTING_LABELS)) {
    const group = page.getByRole('radiogroup', { name: label, exact: true });
    for (const [value, word] of Object.entries(values).toReversed()) {
      await group.getByRole('radio', { name: word, exact: true }).click();
      await waitFor(
        `${name}=${value} at the proxy`,
        async () => {
          const settings = await callApi<Settings>(`${cluster.info.controlUrl}/settings`);
          return settings[name as SettingName] === value;
        },
        BUSY,
      );
    }
  }
});

test('what is done to a replica is done, and undone', { skip }, async (t) => {
  const { cluster, page, complaints } = await openCluster(t);
  const stateOf = (id: string) => (state: ClusterState) =>
    state.replicas?.find((replica) => replica.id === id)?.state;
  await press(page, 'Kill shop-2');
  await until(cluster, 'a dead shop-2', (state) => stateOf('shop-2')(state) === 'exited');
  await press(page, 'Start shop-2');
  await cluster.whole();
  assert.equal((await cluster.shop('shop-2')).life, 'shop-2#2');

  await press(page, 'Freeze 8 s shop-1');
  await until(cluster, 'a frozen shop-1', (state) => stateOf('shop-1')(state) === 'paused');
  await page.getByRole('button', { name: 'Undo Freeze shop-1' }).first().waitFor();
  await page.keyboard.press('z');
  await until(cluster, 'shop-1 again', (state) => stateOf('shop-1')(state) === 'ready');

  await press(page, 'Drain shop-3');
  const admin = async () => (await cluster.shop('shop-3')).upstream?.admin;
  await waitFor('a drained shop-3', async () => (await admin()) === 'drain', BUSY);
  await waitFor('a press that counts', async () => {
    if ((await admin()) === 'ready') return true;
    await press(page, 'Restore shop-3');
    return false;
  });
  await cluster.whole();

  await press(page, 'Slow +300 ms shop-3');
  const links = () => callApi<LinkView[]>(`${cluster.info.controlUrl}/links`);
  await waitFor(
    'a slow link at the proxy',
    async () => {
      const link = (await links()).find(({ upstream }) => upstream === 'shop-3');
      return link?.toxics.latency?.latencyMs === 300;
    },
    BUSY,
  );
  await page.locator('.faults').getByRole('button', { name: 'Undo Slow link shop-3', exact: true }).click();
  await waitFor(
    'no slow link',
    async () => (await links()).every(({ toxics }) => toxics.latency === undefined),
    BUSY,
  );
  await cluster.whole();
  await press(page, 'Restart shop-3');
  await until(cluster, 'a second life', ({ replicas }) =>
    replicas?.some(({ life, state }) => life === 'shop-3#2' && state === 'ready'),
  );
  assert.deepEqual(complaints, []);
});

test('what concerns the whole cluster is done', { skip }, async (t) => {
  const { cluster, page } = await openCluster(t);
  const count = (wanted: number) =>
    until(cluster, `${wanted} replicas`, ({ replicas }) => replicas?.length === wanted);
  await press(page, 'Add replica');
  await count(4);
  await cluster.whole();
  await page.getByRole('rowheader', { name: 'shop-4' }).waitFor();
  await press(page, 'Remove replica');
  await count(3);

  const proxy = cluster.pidOf('proxy/main.js');
  await press(page, 'Restart proxy');
  await waitFor('another proxy', () => cluster.pidOf('proxy/main.js') !== proxy, BUSY);
  await cluster.whole();

  await press(page, 'New signing key');
  await until(cluster, 'a new key', (state) => openFault(state, 'key.rotate'));

  await press(page, 'Emergency stop');
  await until(cluster, 'nothing allowed', (state) => !state.armed && !openFault(state, 'key.rotate'));
  await press(page, 'Allow faults again');
  await until(cluster, 'faults allowed', ({ armed }) => armed);

  await page.getByLabel('How to deploy').selectOption('recreate-all');
  await press(page, 'Rolling deploy');
  await until(cluster, 'new lives', ({ replicas }) =>
    replicas?.every(({ life, state }) => life.endsWith('#2') && state === 'ready'),
  );
});

test('the store is hurt and mended, a fault is rehearsed, a class votes', { skip }, async (t) => {
  const { cluster, page } = await openCluster(t);
  await page.getByText('Store', { exact: true }).click();
  await press(page, 'Kill Redis');
  await until(cluster, 'a dead store', ({ store }) => store?.member?.state === 'exited');
  await press(page, 'Start Redis');
  await until(cluster, 'the store again', ({ store }) => store?.member?.state === 'ready');
  await press(page, 'Store delay 100 ms');
  await until(cluster, 'a slow store', (state) => openFault(state, 'store.latency'));

  await page.getByText('Any fault').click();
  await page.getByRole('combobox', { name: 'Fault', exact: true }).selectOption('replica.partition');
  await page.getByLabel('Target').selectOption('shop-3');
  await press(page, 'Dry run');
  await shown(page, /nothing was done/);
  assert.equal(openFault(await cluster.state(), 'replica.partition'), undefined);
  await press(page, 'Do it');
  await until(cluster, 'a partition', (state) => openFault(state, 'replica.partition'));
  const { targets } = openFault(await cluster.state(), 'replica.partition') ?? {};
  assert.deepEqual(targets, ['shop-3']);

  await press(page, 'Open the vote');
  await until(cluster, 'an open vote', ({ scene }) => scene.vote?.open);
  await press(page, 'Close the vote');
  await until(cluster, 'a closed vote', ({ scene }) => scene.vote && !scene.vote.open);
});

test('from the printed link to the first broken cart in three actions, told in number and sentence', {
  skip,
}, async (t) => {
  // The first action is opening the link.
  const { cluster, page, complaints } = await openCluster(t, { affinity: 'cookie' });
  await press(page, 'Start shopping');
  await until(cluster, 'carts on shop-2', ({ scene }) =>
    Object.values(scene.robots).some(({ on, cart }) => on === 'shop-2' && cart === 'right'),
  );
  await press(page, 'Kill shop-2');
  await until(cluster, 'a broken cart', ({ scene }) => scene.impact && scene.impact.broken > 0);
  await page.getByText(/^Killing shop-2 broke \d+ of \d+ carts\. /).waitFor();
  await waitFor('the blast radius of the cluster on the page', async () => {
    const { impact } = (await cluster.state()).scene;
    const share = impact === null ? null : Math.round((100 * impact.broken) / impact.carts);
    return (await page.locator('.numbers').innerText()).includes(`${share} %`);
  });
  await page.getByRole('checkbox', { name: 'Compare Run 1' }).waitFor();

  await page.getByText('Network', { exact: true }).click();
  await press(page, 'Put class behind one IP');
  await until(cluster, 'one address', (state) => openFault(state, 'client.shared-nat'));
  await press(page, 'New cohort');
  await until(cluster, 'a second run', ({ scene }) => scene.run !== null && scene.run.endedAt === null);
  await axe(page);

  await press(page, 'Reset');
  await page.getByRole('button', { name: 'Press again to reset' }).waitFor();
  await waitFor('a reset cluster', async () => {
    await page.getByRole('button', { name: /^(Reset|Press again to reset)$/ }).click();
    return (await logLines(page)).some((line) => line.startsWith('Reset'));
  });
  const { faults, loadRunning } = await cluster.whole();
  assert.ok(!loadRunning && faults.every(({ state }) => state !== 'active'));
  assert.deepEqual(complaints, []);
});

test('with the keyboard alone: shoppers, a kill, its undo', { skip }, async (t) => {
  const { cluster, page } = await openCluster(t, { affinity: 'cookie' });
  const focused = () => page.evaluate<string>('document.activeElement?.textContent ?? ""');
  await waitFor('the focus on "Start shopping"', async () => {
    await page.keyboard.press('Tab');
    return (await focused()).startsWith('Start shopping');
  });
  await page.keyboard.press('Enter');
  await until(cluster, 'carts in memory', ({ replicas }) =>
    replicas?.every(({ upstream }) => (upstream?.sessions?.filled ?? 0) > 0),
  );
  await page.keyboard.press('k');
  await until(cluster, 'a dead replica', ({ replicas }) => replicas?.some(({ state }) => state === 'exited'));
  await page
    .getByRole('button', { name: /^Undo Kill shop-\d/ })
    .first()
    .waitFor();
  await page.keyboard.press('z');
  await cluster.whole();
});

test('a console that is killed comes back, and the log has each line once', { skip }, async (t) => {
  const { cluster, page } = await openCluster(t);
  await press(page, 'Kill shop-2');
  await shown(page, 'shop-2#1 exited, signal SIGKILL');
  const console = identify(cluster.pidOf('console/main.js'));
  const shop = identify(Number((await cluster.shop('shop-1')).handle?.replace('pid ', '')));
  assert.ok(console && shop);
  signalExactly(console, 'SIGKILL');
  // Nobody is there to tell of it.
  signalExactly(shop, 'SIGKILL');
  await page
    .getByText(/shop-1#2 ready after/)
    .first()
    .waitFor();
  await page.getByText(/^live, /).waitFor();
  const lines = await logLines(page);
  // What happened twice happened at different times.
  const timed = await page.locator('.log li').allInnerTexts();
  assert.equal(new Set(timed).size, timed.length, `no line twice in\n${lines.join('\n')}`);
  for (const told of [/^Kill shop-2/, /^shop-2#1 exited/, /^shop-1#1 died by itself/, /^shop-1#2 started/]) {
    assert.ok(
      lines.some((line) => told.test(line)),
      `${told} in\n${lines.join('\n')}`,
    );
  }
});
