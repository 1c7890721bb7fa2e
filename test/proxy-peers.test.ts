import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { callApi } from '../lib/call.ts';
import type { ReadyMessage } from '../lib/child.ts';
import { StickTable } from '../proxy/affinity/stick-table.ts';
import type { TableView } from '../proxy/contract.ts';
import { readTable, writeTable } from '../proxy/table-file.ts';
import { send } from './support/client.ts';
import { startProcess } from './support/process.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { createShopper, createShoppers, startSessionShop } from './support/session-shop.ts';
import { waitFor } from './support/wait.ts';

test('with peers on the table outlives a restart: everybody is where they were', async (t) => {
  const { file, shops, before } = await learned(t);
  await before.close();
  const flags = { ...PATIENT, ...TABLE, peers: 'on', 'table-file': file } as const;
  const proxy = await startTestProxy(t, { ...flags, upstreams: shops });
  assert.deepEqual((await tableOf(proxy)).upstreams, before.sizes);
  await createShopper(t, proxy.port).read();
  for (const { shopper, by } of before.shoppers) {
    const answer = await send(proxy.port, { headers: shopper.headers() });
    assert.equal(answer.headers['x-affinity'], 'VN');
    assert.equal(answer.headers['x-session'], 'known');
    assert.equal(answer.body.toString(), by);
  }
});

test('a file of the table names no session', async (t) => {
  const { file, before } = await learned(t);
  await before.close();
  const text = readFileSync(file, 'utf8');
  assert.match(text, /^\{"cartwreck":"table","version":1\}\n\{"shop-1":\[/);
  for (const { shopper } of before.shoppers) {
    const id = shopper.cookies.get('cw_sid')?.slice(4, 20) ?? assert.fail();
    assert.ok(!text.includes(id));
  }
});

test('switched off, the file is gone and a restart forgets all; switched on again, it is saved again', async (t) => {
  const { file, before, shops } = await learned(t);
  const saved = async () => (await tableOf(before)).peers.savedMsAgo;
  await waitFor('the table to be saved', async () => (await saved()) !== null);
  assert.ok(existsSync(file));
  await before.settings({ peers: 'off' });
  await waitFor('the file to be gone', () => !existsSync(file));
  assert.equal(await saved(), null);
  await before.settings({ peers: 'on' });
  await waitFor('the table to be saved', async () => (await saved()) !== null && existsSync(file));
  await before.settings({ peers: 'off' });
  await before.close();
  assert.ok(!existsSync(file));
  const proxy = await startTestProxy(t, { ...PATIENT, ...TABLE, 'table-file': file, upstreams: shops });
  assert.equal((await tableOf(proxy)).size, 0);
});

test('a proxy that is killed keeps what it had saved, and forgets what it learned since', async (t) => {
  const [file, shop] = [fileFor(t), await startSessionShop(t, 'shop-1')];
  const flags = ['--port', '0', '--affinity', 'table', '--peers', 'on', '--table-file', file];
  const start = async () => {
    const process = startProcess(t, ['proxy/main.ts', ...flags]);
    const { port, controlPort } = await process.message<ReadyMessage>();
    const controlUrl = `http://127.0.0.1:${controlPort}`;
    await callApi(`${controlUrl}/upstreams`, { method: 'PUT', body: [shop.address] });
    await waitFor('the replica to be up', async () => (await send(port)).status === 200);
    const ask = (id: string) => send(port, { headers: { cookie: `cw_sid=${id}` } });
    return { ...process, controlUrl, ask };
  };
  const first = await start();
  await first.ask('early');
  const told = Date.now();
  await waitFor('it to be saved', async () => {
    const { savedMsAgo } = (await tableOf(first)).peers;
    return savedMsAgo !== null && savedMsAgo < Date.now() - told;
  });
  await first.ask('late');
  first.child.kill('SIGKILL');
  await first.exit();
  const second = await start();
  assert.equal((await second.ask('early')).headers['x-affinity'], 'VN');
  assert.equal((await second.ask('late')).headers['x-affinity'], 'NI');
  second.child.kill('SIGTERM');
  assert.equal(await second.exit(), 0);
  const kept = readTable(file, { nowMs: 0, wallMs: Date.now() });
  assert.equal(kept?.length, 2, 'an orderly end saves what was learned last');
});

const UNUSABLE: [what: string, text: string][] = [
  ['empty', ''],
  ['somebody else’s', '{"sessions":[]}'],
  ['of another version', '{"cartwreck":"table","version":2}\n{"shop-1":[1,2]}'],
  ['torn', '{"cartwreck":"table","version":1}\n{"shop-1":[1,'],
  ['of other things', '{"cartwreck":"table","version":1}\n{"shop-1":[1,"now"]}'],
  ['of half an entry', '{"cartwreck":"table","version":1}\n{"shop-1":[1]}'],
];

for (const [what, text] of UNUSABLE) {
  test(`a table file that is ${what} is passed over`, async (t) => {
    const file = fileFor(t);
    writeFileSync(file, text);
    const proxy = await startTestProxy(t, { ...TABLE, peers: 'on', 'table-file': file });
    assert.equal((await tableOf(proxy)).size, 0);
  });
}

test('a folder that cannot be written stops nobody', async (t) => {
  const shop = await startSessionShop(t, 'shop-1');
  const flags = { ...TABLE, peers: 'on', 'table-file': '/nowhere/table.json' } as const;
  const proxy = await startTestProxy(t, { ...PATIENT, ...flags, upstreams: [shop] });
  assert.equal((await send(proxy.port, { headers: { cookie: 'cw_sid=a' } })).status, 200);
  assert.equal((await tableOf(proxy)).peers.savedMsAgo, null);
});

test('the time to live goes on by the wall clock while no proxy runs, and the oldest still leave first', async (t) => {
  const file = fileFor(t);
  const table = new StickTable({ limit: 10, ttlMs: 1000 });
  for (const [at, id] of [...'abc'].entries()) table.learn(id, `shop-${at}`, at * 100);
  table.find('a', 400);
  await writeTable(file, table, { nowMs: 500, wallMs: 70_500 });
  const later = readTable(file, { nowMs: 50, wallMs: 71_000 });
  assert.deepEqual(
    later?.map(({ upstream, usedMs }) => [upstream, usedMs]),
    [
      ['shop-1', -850],
      ['shop-2', -750],
      ['shop-0', -550],
    ],
  );
  const restored = new StickTable({ limit: 2, ttlMs: 1000 });
  for (const entry of later ?? []) restored.restore(entry);
  assert.deepEqual([...restored.sizes.keys()], ['shop-2', 'shop-0'], 'a smaller table takes the newest');
  assert.equal(restored.find('c', 260), null, 'unused for longer than the time to live');
  assert.equal(restored.find('a', 260), 'shop-0');
  const setBack = readTable(file, { nowMs: 50, wallMs: 0 });
  assert.deepEqual(
    [...new Set(setBack?.map(({ usedMs }) => usedMs))],
    [50],
    'nothing was used later than now',
  );
});

const TABLE = { affinity: 'table' } as const;

const tableOf = ({ controlUrl }: { controlUrl: string }) => callApi<TableView>(`${controlUrl}/table`);

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-table-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'table.json');
}

/** A proxy with peers on that has learned a dozen shoppers. */
async function learned(t: TestContext) {
  const file = fileFor(t);
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startSessionShop(t, id)));
  const flags = { ...PATIENT, ...TABLE, peers: 'on', 'table-file': file } as const;
  const proxy = await startTestProxy(t, { ...flags, upstreams: shops });
  const shoppers = [];
  for (const shopper of createShoppers(t, proxy.port, 12)) {
    shoppers.push({ shopper, by: (await shopper.write()).by });
  }
  return { file, shops, before: { ...proxy, shoppers, sizes: (await tableOf(proxy)).upstreams } };
}
