import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { booksBalance } from '../scripts/load/exit.ts';
import type { LoadOptions } from '../scripts/load/options.ts';
import { createPlan, DEFAULT_MIX } from '../scripts/load/plan.ts';
import { startLoad } from '../scripts/load/runner.ts';
import type { HistoryEvent, HistoryRecord } from '../scripts/oracle/history.ts';
import { openToyShop, type SeenRequest } from './support/toy-shop.ts';
import { waitFor } from './support/wait.ts';

const QUICK: Partial<LoadOptions> = {
  seed: 41,
  run: 'k3f',
  shoppers: 6,
  iterations: 12,
  rampMs: 20,
  thinkMs: { min: 0, max: 5 },
  timeoutMs: 1000,
  graceMs: 1000,
};

/** A load that is stopped when the test ends, whatever happens. */
function startQuick(t: TestContext, url: string, options: Partial<LoadOptions> = {}) {
  const run = startLoad({ url, ...QUICK, ...options });
  t.after(() => run.stop('SIGINT'));
  return run;
}

function scratchFile(t: TestContext, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-load-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

const readHistory = (file: string): HistoryRecord[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const shopperOf = ({ opId }: SeenRequest): string => opId.split('.')[1] ?? '';

/** What each shopper asked for, in its order, without the last reads. */
function asked(requests: SeenRequest[]): Record<string, string[]> {
  const asked: Record<string, string[]> = {};
  for (const request of requests) {
    if (Number(request.opId.split('.')[2]) > 1_000_000) continue;
    const shopper = shopperOf(request);
    asked[shopper] = [
      ...(asked[shopper] ?? []),
      `${request.opId} ${request.method} ${request.path} ${request.body}`,
    ];
  }
  return asked;
}

test('at a good shop no cart is broken and the books balance with what the shop saw', async (t) => {
  const shop = await openToyShop(t);
  const result = await startQuick(t, shop.url).result;
  assert.equal(result.verdict, 'valid');
  assert.equal(result.carts.broken, 0);
  assert.ok(result.carts.checked >= 6, `${result.carts.checked} carts checked`);
  assert.equal(booksBalance(result), true);
  assert.equal(result.ops.issued, shop.requests.length);
  assert.equal(result.ops.issued, 6 * 12 + 6, 'every step and one last read per shopper');
  assert.equal(result.http.status[200], result.ops.ok);
  assert.ok((result.latencyMs.p50 ?? 0) > 0, `p50 ${result.latencyMs.p50}`);
  assert.match(result.latencyMs.hdr, /^HIST/);
});

test('at a shop whose replicas forget each other carts break, and an example names what is gone', async (t) => {
  const { url } = await openToyShop(t, { replicas: 3 });
  const result = await startQuick(t, url).result;
  assert.equal(result.verdict, 'broken');
  assert.ok(result.broken.lostSession > 0, `${result.broken.lostSession} lost sessions`);
  const example = result.examples.find(({ missing }) => missing.length > 0);
  assert.match(example?.missing[0] ?? '', /^(mug|tea|lamp|book|socks|plant)$/);
  assert.match(`${example?.was} ${example?.now}`, /^shop-[123]#1 shop-[123]#1$/);
  assert.ok((example?.ops.length ?? 0) > 0, 'with its witness');
});

test('the same seed asks for the same things per shopper, however slow the answers are', async (t) => {
  const [fast, slow] = [await openToyShop(t), await openToyShop(t, { delayMs: () => Math.random() * 20 })];
  await Promise.all([startQuick(t, fast.url).result, startQuick(t, slow.url).result]);
  assert.deepEqual(asked(slow.requests), asked(fast.requests));
  assert.equal(Object.keys(asked(fast.requests)).length, 6);
});

test('failures turn steps into reads but never shift the plan', async (t) => {
  let count = 0;
  const misbehave = (_request: SeenRequest, res: ServerResponse) => {
    count += 1;
    return count % 4 === 0 && Boolean(res.writeHead(503, { 'x-upstream-sent': '0' }).end('{}'));
  };
  const shop = await openToyShop(t, { misbehave });
  await startQuick(t, shop.url, { iterations: 40 }).result;
  for (const [shopper, list] of Object.entries(asked(shop.requests))) {
    const plan = createPlan({ seed: 41, shopper: Number(shopper.slice(1)), mix: DEFAULT_MIX });
    for (const entry of list) {
      const step = plan.next();
      assert.equal(entry.split(' ')[0], `k3f.${shopper}.${step.seq}`);
      const method =
        { add: 'POST', set: 'PATCH', remove: 'DELETE', read: 'GET' }[String(step.kind)] ?? 'POST';
      assert.match(entry, new RegExp(` (${method}|GET) `), `${step.kind} became ${entry}`);
      if (method === 'POST' && step.kind === 'add') assert.match(entry, new RegExp(`"sku":"${step.sku}"`));
    }
  }
});

test('two shoppers never share a cookie or a connection', async (t) => {
  const shop = await openToyShop(t, { delayMs: () => Math.random() * 5 });
  await startQuick(t, shop.url, { shoppers: 20 }).result;
  const owners = new Map<unknown, Set<string>>();
  for (const request of shop.requests) {
    for (const thing of [request.socket, request.cookie || request.socket]) {
      owners.set(thing, (owners.get(thing) ?? new Set()).add(shopperOf(request)));
    }
  }
  assert.ok(owners.size >= 40, 'twenty cookies and twenty connections');
  for (const shoppers of owners.values()) assert.equal(shoppers.size, 1);
});

test('at a shop that never answers everything is unknown, and each shopper stops changing after three', async (t) => {
  const shop = await openToyShop(t, { misbehave: () => true });
  const result = await startQuick(t, shop.url, { timeoutMs: 30, graceMs: 100, iterations: 8 }).result;
  assert.equal(booksBalance(result), true);
  assert.equal(result.ops.unknown, result.ops.issued);
  assert.equal(result.http.timeout, result.ops.issued);
  assert.equal(result.verdict, 'unknown');
  for (const list of Object.values(asked(shop.requests))) {
    const changes = list.filter((entry) => !entry.includes(' GET '));
    assert.ok(changes.length <= 3, `${changes.length} changes`);
  }
});

test('a refused connection counts as failed and does not make the shop look fast', async (t) => {
  const result = await startQuick(t, 'http://127.0.0.1:1', { iterations: 3, graceMs: 0 }).result;
  assert.equal(result.ops.fail, result.ops.issued);
  assert.equal(result.http.refused, result.ops.issued);
  assert.equal(result.latencyMs.p50, null);
});

/** A load against a shop that can be told to answer 503, warmed up. */
async function warmLoad(t: TestContext, options: Partial<LoadOptions> = {}) {
  const trouble = { on: false, refused: 0 };
  const shop = await openToyShop(t, {
    misbehave: (_request, res) => {
      if (!trouble.on) return false;
      trouble.refused += 1;
      return Boolean(res.writeHead(503, { 'x-upstream-sent': '0' }).end('{}'));
    },
  });
  const run = startQuick(t, shop.url, { iterations: null, durationMs: null, ...options });
  await waitFor('all shoppers to have a cart', () => run.progress().shoppersWithCart === 6);
  return { run, trouble };
}

test('after the end every shopper reads until one read succeeds, so that a healed shop is judged fairly', async (t) => {
  const { run, trouble } = await warmLoad(t, { graceMs: 5000 });
  trouble.on = true;
  run.stop('asked');
  const before = trouble.refused;
  await waitFor('last reads to fail', () => trouble.refused >= before + 12);
  assert.equal(run.progress().phase, 'last reads');
  trouble.on = false;
  const result = await run.result;
  assert.equal(result.carts.unverified, 0);
  assert.equal(result.verdict, 'valid');
  assert.equal(run.progress().done, true);
});

test('carts that were not seen again after their last change are unverified: the verdict is unknown', async (t) => {
  const { run, trouble } = await warmLoad(t, { mix: { ...DEFAULT_MIX, read: 0, checkout: 0 }, graceMs: 100 });
  trouble.on = true;
  run.stop('asked');
  const result = await run.result;
  assert.ok(result.carts.unverified > 0, `${result.carts.unverified} unverified`);
  assert.equal(result.verdict, 'unknown');
});

test('after a signal nobody waits out a long grace', async (t) => {
  const { run, trouble } = await warmLoad(t, { graceMs: 20_000 });
  trouble.on = true;
  run.stop('SIGINT');
  const started = performance.now();
  await run.result;
  assert.ok(performance.now() - started < 5000, 'the last reads were cut short');
});

test('marks stand on the time line with the carts that broke after them', async (t) => {
  let forgetful = false;
  const historyFile = scratchFile(t, 'history.jsonl');
  const shop = await openToyShop(t, {
    misbehave: (request) => {
      // A restarted replica: it no longer knows any session.
      if (forgetful) request.cookie = '';
      return false;
    },
  });
  const run = startQuick(t, shop.url, { iterations: null, durationMs: null, historyFile });
  await waitFor('all shoppers to have a cart', () => run.progress().shoppersWithCart === 6);
  run.mark('calm');
  assert.equal(run.progress().carts.broken, 0);
  run.mark('kill shop-1');
  forgetful = true;
  await waitFor('a broken cart', () => run.progress().carts.broken > 0);
  run.stop('asked');
  const { chaos, carts } = await run.result;
  assert.deepEqual(
    chaos.map(({ what, broken }) => ({ what, broken })),
    [
      { what: 'calm', broken: 0 },
      { what: 'kill shop-1', broken: carts.broken },
    ],
  );
  const marks = readHistory(historyFile).filter(({ type }) => type === 'mark');
  assert.deepEqual(
    marks.map((mark) => mark.type === 'mark' && mark.what),
    ['calm', 'kill shop-1'],
  );
});

test('the history holds the header, and every call of every shopper with its one end', async (t) => {
  const historyFile = scratchFile(t, 'history.jsonl');
  const shop = await openToyShop(t);
  const run = startQuick(t, shop.url, { historyFile, rampMs: 300 });
  const result = await run.result;
  run.mark('too late');
  run.flush();
  assert.equal(run.trouble().history, null);
  const [header, ...records] = readHistory(historyFile);
  assert.deepEqual(header, {
    type: 'run',
    schema: 'history/1',
    run: 'k3f',
    seed: 41,
    sessionTtlMs: 86_400_000,
  });
  const events = records as HistoryEvent[];
  assert.equal(events.length, 2 * result.ops.issued);
  for (const shopper of new Set(events.map((event) => event.shopper))) {
    const own = events.filter((event) => event.shopper === shopper);
    const calls = own.map(({ type, call }) => `${type} ${call}`);
    assert.deepEqual(
      calls,
      own.map((_, n) => `${n % 2 ? 'ok' : 'invoke'} ${Math.floor(n / 2) + 1}`),
    );
    const times = own.map((event) => event.t);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    const slice = 300 / 6;
    assert.ok((own[0]?.t ?? 0) >= (Number(shopper.slice(1)) - 1) * slice - 2, `${shopper} started too early`);
  }
});

test('a history that cannot be written is an error before anybody shops', () => {
  const url = 'http://127.0.0.1:1';
  assert.throws(
    () => startLoad({ url, historyFile: '/dev/full' }),
    /cannot write the history to \/dev\/full: ENOSPC/,
  );
  assert.throws(
    () => startLoad({ url, historyFile: '/no/such/folder/x' }),
    /cannot write the history .*ENOENT/,
  );
});

test('the load ends after its duration', async (t) => {
  const shop = await openToyShop(t);
  const result = await startQuick(t, shop.url, { iterations: null, durationMs: 300 }).result;
  assert.ok(result.durationMs >= 300 && result.durationMs < 2000, `${result.durationMs} ms`);
  assert.ok(result.ops.ok > 50, `${result.ops.ok} answers`);
});
