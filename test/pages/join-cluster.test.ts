import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterState, StudentStand } from '../../apps/console/contract.ts';
import { NO_BROWSER, openPage } from '../support/browser.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { PHONE, press, says } from '../support/phone-page.ts';
import { waitFor } from '../support/wait.ts';

const skip = NO_BROWSER;

/** A student's phone in a browser of its own: two in one would share the cookies of the shop. */
async function student(
  t: TestContext,
  { info }: TestCluster,
): Promise<{ page: Page; name: string; complaints: string[] }> {
  const url = `${info.consoleUrl}/join`;
  const opened = await openPage(t, url, { ...PHONE, origins: [new URL(info.url).origin] });
  const first = opened.page.locator('.names button').first();
  const name = await first.innerText();
  await first.click();
  await says(opened.page, 'Your cart is empty');
  return { ...opened, name };
}

async function fill(page: Page, ...goods: string[]): Promise<void> {
  for (const sku of goods) {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await press(page, `Add ${sku}`);
    await answered;
    await page.locator('.cart[aria-busy="false"]').waitFor();
  }
}

/** "shop-2": who answered this phone last, as its page says. */
async function homeOf(page: Page): Promise<string> {
  const text = await page.locator('.facts div', { hasText: 'Answered by' }).locator('dd').innerText();
  return /shop-\d+/.exec(text)?.[0] ?? '';
}

const kill = ({ api }: TestCluster, target: string) =>
  api<FaultView>('POST', '/faults', { fault: 'replica.kill', target });

const standOf = ({ scene }: ClusterState, name: string): StudentStand | undefined =>
  scene.students.find((one) => one.name === name);

test('the phone whose replica is killed says why, at which time; the other one keeps its cart; the control room knows both', {
  skip,
}, async (t) => {
  const cluster = await startTestCluster(t, { affinity: 'cookie', sessions: 'memory' });
  const [hit, spared] = [await student(t, cluster), await student(t, cluster)];
  await fill(hit.page, 'mug', 'tea');
  await fill(spared.page, 'lamp');
  const [dying, other] = [await homeOf(hit.page), await homeOf(spared.page)];
  assert.notEqual(dying, other);
  await says(hit.page, `Your session lives in the memory of ${dying}. A cookie brings you back to it.`);
  await waitFor('the stage to know both carts', async () => {
    const state = await cluster.state();
    return standOf(state, hit.name)?.items === 2 && standOf(state, spared.name)?.cart === 'right';
  });
  assert.equal(standOf(await cluster.state(), hit.name)?.on, dying);

  await kill(cluster, dying);
  await says(hit.page, 'Your cart is gone');
  const reason = await waitFor('the cause', async () => {
    const text = await hit.page.locator('.why p').innerText();
    return text.includes('It was killed at') && text;
  });
  const { scene, startedAt } = await cluster.state();
  const death = scene.deaths.find(({ life }) => life.startsWith(`${dying}#`));
  assert.ok(death);
  const clock = new Date(startedAt + death.t).toLocaleTimeString('en-GB');
  const rescuer = await homeOf(hit.page);
  assert.notEqual(rescuer, dying);
  assert.equal(
    reason,
    `Your session lived in ${dying}. It was killed at ${clock}. ${rescuer} answered, and had never seen your cart. ` +
      'The answer said 200 OK.',
  );
  await fill(spared.page, 'book');
  await says(spared.page, 'Your cart is right');
  await waitFor('the stage to count one broken cart', async () => {
    const state = await cluster.state();
    return standOf(state, hit.name)?.cart === 'broken' && state.scene.now.broken === 1;
  });
  assert.equal(standOf(await cluster.state(), hit.name)?.silent, true);
  await press(hit.page, 'New cart');
  await says(hit.page, 'Your cart is empty');
  await waitFor('the stage to count none', async () => (await cluster.state()).scene.now.broken === 0);
  assert.deepEqual([...hit.complaints, ...spared.complaints], []);
});

test('without affinity a cart in memory breaks before anything is killed; in Redis it outlives a kill', {
  skip,
}, async (t) => {
  const cluster = await startTestCluster(t, { affinity: 'none', sessions: 'memory' });
  const { page } = await student(t, cluster);
  await fill(page, 'mug', 'tea');
  await says(page, /shop-\d had your cart; shop-\d answered and does not know it\. The answer said 200 OK\./);
  await cluster.api('PATCH', '/settings', { sessions: 'redis' });
  await press(page, 'New cart');
  await says(page, 'Your cart is empty');
  await fill(page, 'mug', 'tea');
  await says(page, /Your session lives in Redis\. shop-\d fetched it for you\./);
  await kill(cluster, await homeOf(page));
  await fill(page, 'lamp', 'book');
  await says(page, 'Your cart is right');
  await says(page, '4 items');
  await says(page, 'broken 1×');
});

test('a frozen replica makes a phone wait, and leaves open whether anything was added', {
  skip,
}, async (t) => {
  const cluster = await startTestCluster(t, { affinity: 'cookie', sessions: 'memory', replicas: 1 });
  const { page } = await student(t, cluster);
  await fill(page, 'mug');
  const frozen = await cluster.api<FaultView>('POST', '/faults', {
    fault: 'replica.pause',
    target: 'shop-1',
  });
  await press(page, 'Add tea');
  await says(page, 'Was it added? Unknown.', 15_000);
  await cluster.api('DELETE', `/faults/${frozen.id}`);
  await cluster.whole();
  await press(page, 'Ask what is in my cart');
  await says(page, 'Your cart is right');
  assert.equal(await page.getByText(/broken \d/).count(), 0);
});

/** What a curious student types into the console of the browser. */
const ATTEMPTS: [method: string, path: string, body?: object][] = [
  ['PATCH', '/api/settings', { affinity: 'none' }],
  ['POST', '/api/faults', { fault: 'replica.kill', target: 'shop-1' }],
  ['DELETE', '/api/faults/f1'],
  ['PUT', '/api/replicas', { count: 1 }],
  ['POST', '/api/deploys', { strategy: 'in-place' }],
  ['POST', '/api/stop'],
  ['POST', '/api/arm'],
  ['POST', '/api/reset'],
  ['POST', '/api/load', { shoppers: 500 }],
  ['DELETE', '/api/load'],
  ['POST', '/api/progress', { events: [] }],
  ['PUT', '/api/vote', { question: 'Is this mine?', options: ['yes', 'no'] }],
  ['POST', '/api/vote/close'],
  ['POST', '/api/vote/came', { option: 0 }],
  ['DELETE', '/api/vote'],
  ['PUT', '/api/phones/address', { host: '10.0.0.1' }],
];

test('from a phone no route of the instructor works, with its own key or without, and it has no cookie of ours', {
  skip,
}, async (t) => {
  const cluster = await startTestCluster(t);
  const { page } = await student(t, cluster);
  const before = await cluster.state();
  const statuses = await page.evaluate<string[]>(`(async () => {
    const { key } = JSON.parse(localStorage.getItem('cartwreck.phone')).me;
    const got = [];
    for (const [method, path, body] of ${JSON.stringify(ATTEMPTS)}) {
      for (const proof of [{}, { authorization: 'Bearer ' + key }]) {
        const headers = { ...proof, 'content-type': 'application/json' };
        const { status } = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
        got.push(method + ' ' + path + ' ' + status);
      }
    }
    return got;
  })()`);
  assert.deepEqual(
    statuses,
    ATTEMPTS.flatMap(([method, path]) => Array(2).fill(`${method} ${path} 401`)),
  );
  const after = await cluster.state();
  assert.deepEqual(after.settings, before.settings);
  assert.deepEqual([after.faults, after.scene.vote, after.armed], [[], null, true]);
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ name, httpOnly }) => [name, httpOnly]),
    [['cw_sid', true]],
  );
  assert.equal(await page.evaluate('document.cookie'), '');
});
