import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_BROWSER } from '../support/browser.ts';
import { aRun, IMPACT, killShop2, logLines, openControl, shown, withPages } from '../support/control-page.ts';
import { TOKEN } from '../support/fake-console.ts';
import { waitFor } from '../support/wait.ts';

const skip = NO_BROWSER;
withPages();

test('a class votes: asked, closed, and what came true is proposed from what broke', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  const nextCall = () => waitFor('the call', () => fake.calls.shift());
  await page.getByRole('button', { name: 'Open the vote' }).click();
  const options = ['none', 'a third', 'half', 'all'];
  const question = 'How many carts will break?';
  assert.deepEqual((await nextCall()).body, { question, options });
  const vote = { id: 'v1', question, options, counts: [1, 5, 2, 0], open: true, came: null };
  const told = (change: Partial<typeof vote>) => {
    const now = { ...vote, ...change };
    const scene = { ...fake.state.scene, vote: now, impact: IMPACT };
    fake.tell({ type: 'vote.changed', vote: now }, { scene });
  };
  told({});
  await shown(page, 'open, 8 votes');
  await page.keyboard.press('PageDown');
  assert.equal((await nextCall()).path, '/api/vote/close');
  told({ open: false });
  await page.getByRole('button', { name: 'came true? a third' }).waitFor();
  await page.keyboard.press('PageDown');
  assert.deepEqual((await nextCall()).body, { option: 1 });
  await page.keyboard.press('PageUp');
  assert.equal((await nextCall()).method, 'DELETE');
});

test('phones are told where to go by somebody who knows', { skip }, async (t) => {
  const { fake, page } = await openControl(t, {
    prepare: (console) => {
      console.state = { ...console.state, phones: { ...console.state.phones, open: true, joinUrls: [] } };
    },
  });
  await page.getByLabel('Address for phones').fill('10.0.0.7');
  await page.getByRole('button', { name: 'Set the address for phones' }).click();
  const call = await waitFor('the call', () => fake.calls[0]);
  assert.deepEqual([call.method, call.path, call.body], ['PUT', '/api/phones/address', { host: '10.0.0.7' }]);
  const joinUrls = ['http://10.0.0.7:8090/join'];
  fake.tell({ type: 'phones.address', joinUrls }, { phones: { ...fake.state.phones, open: true, joinUrls } });
  await page.getByRole('link', { name: 'http://10.0.0.7:8090/join' }).waitFor();
});

test('two runs are compared, aligned at what was done to them first', { skip }, async (t) => {
  const { page } = await openControl(t, {
    prepare: (console) => {
      console.runs = [aRun(2, { faultAt: 40, broken: 0 }), aRun(1, { faultAt: 10, broken: 21 })];
    },
  });
  await page.getByRole('checkbox', { name: 'Compare Run 1' }).check();
  await page.getByRole('checkbox', { name: 'Compare Run 2' }).check();
  await page
    .getByRole('img', { name: /aligned at Kill shop-2: run 1 ends at 21, run 2 ends at 0/ })
    .waitFor();
  const ends = await page.locator('.compare .end').all();
  const heights = await Promise.all(ends.map(async (end) => Number(await end.getAttribute('y'))));
  assert.ok((heights[1] ?? 0) - (heights[0] ?? 0) > 50, 'each label stands at the end of its line');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Recording of run 1' }).click();
  assert.match((await download).suggestedFilename(), /run-r1\.jsonl$/);
});

test('a console in a network asks for its PIN before it shows anything', { skip }, async (t) => {
  const { fake, page } = await openControl(t, {
    token: null,
    prepare: (console) => {
      console.pin = '271828';
    },
  });
  await shown(page, /asks for the PIN/);
  assert.equal(await page.getByText('shop-1').count(), 0);
  const field = page.getByLabel(/Type the PIN/);
  await field.fill('000000');
  await page.keyboard.press('Enter');
  await shown(page, 'not the PIN');
  await field.fill('271828');
  await page.keyboard.press('Enter');
  await page.getByRole('rowheader', { name: 'shop-1' }).waitFor();
  killShop2(fake);
  await shown(page, 'shop-2#1 exited, signal SIGKILL');
  assert.ok(!page.url().includes(TOKEN));
});

test('a recording is played, stopped and wound, and offers nothing to break', { skip }, async (t) => {
  const { fake, page } = await openControl(t, {
    prepare: (console) => {
      const recording = { run: 'k3f', startsAt: 0, endsAt: 100_000 };
      console.state = { ...console.state, t: 12_000, speed: 0, recording };
    },
  });
  const nextBody = async () => (await waitFor('the call', () => fake.calls.shift())).body;
  await shown(page, '00:12 of 01:40');
  assert.equal(await page.getByRole('button', { name: /Kill|Reset|Emergency/ }).count(), 0);
  await page.getByRole('button', { name: 'Play' }).click();
  assert.deepEqual(await nextBody(), { speed: 1 });
  await page.getByRole('button', { name: '4×' }).click();
  assert.deepEqual(await nextBody(), { speed: 4 });
  await page.getByLabel('Where the recording is').fill('50000');
  assert.deepEqual(await nextBody(), { at: 50_000 });
  fake.tell({ type: 'recording.moved', t: 50_000, speed: 0 }, { t: 50_000 });
  await shown(page, '00:50 of 01:40');
});

test('after the console was restarted no line is lost and none is doubled', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  fake.tell({ type: 'load.started', shoppers: 60, seed: 41 });
  killShop2(fake);
  fake.tell({ type: 'console.state', state: 'exited', how: 'signal SIGKILL' });
  await shown(page, 'The console exited, signal SIGKILL');
  const before = await logLines(page);
  const life = 'shop-2#2';
  fake.restart([
    { type: 'replica.started', replica: 'shop-2', life },
    { type: 'replica.ready', replica: 'shop-2', life, ms: 173 },
  ]);
  await shown(page, 'shop-2#2 ready after 173 ms');
  assert.deepEqual(await logLines(page), ['shop-2#2 ready after 173 ms', 'shop-2#2 started', ...before]);
});

test('a tab nobody looks at lets go of its stream after a minute, and catches up', { skip }, async (t) => {
  const { fake, page } = await openControl(t);
  await waitFor('one stream', () => fake.streams === 1);
  await page.clock.install();
  const look = (hidden: boolean) =>
    page.evaluate(
      `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
       document.dispatchEvent(new Event('visibilitychange'))`,
    );
  await look(true);
  await page.clock.fastForward(61_000);
  await waitFor('no stream', () => fake.streams === 0);
  killShop2(fake);
  await look(false);
  await waitFor('one stream', () => fake.streams === 1);
  await shown(page, 'shop-2#1 exited, signal SIGKILL');
});
