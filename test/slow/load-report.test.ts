import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import {
  type CartsPlaced,
  type LoadEvent,
  MAX_PLACED,
  type PlacedCart,
} from '../../scripts/load/contract.ts';
import type { LoadOptions } from '../../scripts/load/options.ts';
import { createReporter } from '../../scripts/load/report.ts';
import { startLoad } from '../../scripts/load/runner.ts';
import { openToyShop } from '../support/toy-shop.ts';
import { waitFor } from '../support/wait.ts';

interface SeenReport {
  method: string;
  url: string;
  authorization: string;
  events: LoadEvent[];
}

/** A console that notes what it is told and then answers as the test wants. */
async function openConsole(t: TestContext, respond: (res: ServerResponse) => void) {
  const reports: SeenReport[] = [];
  const server = createServer(async (req: IncomingMessage, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const { method = '', url = '', headers } = req;
    reports.push({
      method,
      url,
      authorization: headers.authorization ?? '',
      events: JSON.parse(body).events,
    });
    respond(res);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, reports };
}

const quickLoad = (url: string, consoleUrl: string, options: Partial<LoadOptions> = {}) =>
  startLoad({
    url,
    shoppers: 4,
    durationMs: 700,
    rampMs: 0,
    thinkMs: { min: 5, max: 15 },
    report: { url: consoleUrl, token: 'secret' },
    ...options,
  });

test('a console hears of the progress, of each broken cart once, and of the end', async (t) => {
  const shop = await openToyShop(t, { replicas: 3 });
  const { url, reports } = await openConsole(t, (res) => res.writeHead(204).end());
  const run = quickLoad(shop.url, url);
  const result = await run.result;
  assert.ok(reports.length >= 3, `${reports.length} reports`);
  for (const { method, url, authorization } of reports) {
    assert.deepEqual([method, url, authorization], ['POST', '/api/progress', 'Bearer secret']);
  }
  const events = reports.flatMap((report) => report.events);
  const broken = events.filter(({ type }) => type === 'cart.broken');
  assert.equal(broken.length, result.carts.broken);
  assert.deepEqual(Object.keys(broken[0] ?? {}).sort(), [
    'class',
    'missing',
    'now',
    'nth',
    'run',
    'shopper',
    'status',
    'type',
    'was',
  ]);
  const last = events.at(-1);
  assert.ok(last?.type === 'carts.progress' && last.done, 'the last word says done');
  assert.deepEqual(last.carts, {
    checked: result.carts.checked,
    broken: result.carts.broken,
    undecided: result.carts.undecided,
  });
  assert.deepEqual(Object.keys(last), [
    'type',
    'run',
    'shoppers',
    'carts',
    'now',
    'shoppersHit',
    'requestsPerSecond',
    'errors',
    'latencyMs',
    'broken',
    'done',
  ]);
  assert.equal(events.filter((event) => event.type === 'carts.progress' && event.done).length, 1);
  assert.equal(run.trouble().report, null);
});

test('a console that never answers does not disturb the load', async (t) => {
  const shop = await openToyShop(t);
  const { url, reports } = await openConsole(t, () => {});
  const run = quickLoad(shop.url, url);
  const result = await run.result;
  assert.equal(result.verdict, 'valid');
  assert.ok(result.ops.ok > 20, `${result.ops.ok} answers`);
  assert.ok(reports.length <= 2, 'one report at a time');
  assert.match(run.trouble().report ?? '', /took too long/);
});

test('a console that refuses is a trouble to tell of, not an error of the load', async (t) => {
  const shop = await openToyShop(t);
  const refusal = JSON.stringify({ error: { code: 'token_required', message: 'needs the run token' } });
  const { url } = await openConsole(t, (res) => res.writeHead(401).end(refusal));
  const run = quickLoad(shop.url, url);
  assert.equal((await run.result).verdict, 'valid');
  assert.equal(run.trouble().report, 'needs the run token');
});

/** What a page knows that has followed from the first report on. */
function placesOf(events: readonly LoadEvent[]): Map<number, PlacedCart> {
  const places = new Map<number, PlacedCart>();
  for (const event of events) {
    if (event.type !== 'carts.placed') continue;
    if (event.all) places.clear();
    for (const cart of event.carts) places.set(cart[0], cart);
  }
  return places;
}

const countOf = (places: Map<number, PlacedCart>, look: string) =>
  [...places.values()].filter(([, , cart]) => cart === look).length;

for (const workers of [1, 2]) {
  test(`where shoppers stand adds up to the numbers, with ${workers} threads`, async (t) => {
    const shop = await openToyShop(t, { replicas: 3 });
    const { url, reports } = await openConsole(t, (res) => res.writeHead(204).end());
    const run = quickLoad(shop.url, url, { workers, shoppers: 12 });
    await run.result;
    const events = reports.flatMap((report) => report.events);
    const last = events.at(-1);
    assert.ok(last?.type === 'carts.progress');
    const places = placesOf(events);
    assert.equal(places.size, 12);
    assert.deepEqual(
      { right: countOf(places, 'right'), broken: countOf(places, 'broken') },
      { right: last.now.right, broken: last.now.broken },
    );
    assert.ok(last.now.broken > 0, 'three memories without affinity lose carts');
    assert.equal(last.now.silent, last.now.broken, 'each of them with status 200');
    assert.ok([...places.values()].some(([, on]) => on === 'shop-2'));
    const placed = events.filter((event): event is CartsPlaced => event.type === 'carts.placed');
    assert.equal(placed[0]?.all, true);
    assert.ok(
      placed.slice(1).every(({ all }) => !all),
      'the first tells all, the others what changed',
    );
    assert.ok(placed.length <= reports.length / 2 + 2, `${placed.length} of ${reports.length} reports`);
  });

  test(`the samples stand for every answer there was, with ${workers} threads`, async (t) => {
    const shop = await openToyShop(t, { replicas: 3, misbehave: refuseSome() });
    const { url, reports } = await openConsole(t, (res) => res.writeHead(204).end());
    const result = await quickLoad(shop.url, url, { workers }).result;
    const events = reports.flatMap((report) => report.events);
    const sampled = events.filter((event) => event.type === 'answers.sampled');
    assert.equal(
      sampled.reduce((sum, { of }) => sum + of, 0),
      result.ops.ok + result.ops.fail + result.ops.unknown,
    );
    assert.ok(sampled.every(({ of, overMs, samples }) => overMs > 0 && samples.length <= Math.min(60, of)));
    const looks = new Set(sampled.flatMap(({ samples }) => samples.map(([, , look]) => look)));
    assert.deepEqual([...looks].sort(), ['error', 'right', 'wrong']);
    const errors = sampled.flatMap(({ samples }) => samples.filter(([, , look]) => look === 'error'));
    assert.ok(errors.every(([, on]) => on === null));
  });
}

/** Every seventh request is answered 503. */
function refuseSome() {
  let count = 0;
  return (_request: unknown, res: ServerResponse): boolean => {
    count += 1;
    if (count % 7 !== 0) return false;
    res.writeHead(503).end('{}');
    return true;
  };
}

test('after a report that failed the console is told of everybody again', async (t) => {
  const shop = await openToyShop(t);
  let answered = 0;
  const { url, reports } = await openConsole(t, (res) => {
    answered += 1;
    res.writeHead(answered === 4 ? 500 : 204).end();
  });
  const run = quickLoad(shop.url, url, { durationMs: 60_000 });
  t.after(() => run.stop('SIGINT'));
  const told = () => reports.map(({ events }) => events.find(({ type }) => type === 'carts.placed'));
  await waitFor('somebody to be placed again', () =>
    told()
      .slice(4)
      .some((placed) => placed !== undefined),
  );
  const [first, ...later] = told().flatMap((placed) => (placed?.type === 'carts.placed' ? placed.all : []));
  assert.equal(first, true);
  const again = told()
    .slice(4)
    .find((placed) => placed !== undefined);
  assert.ok(again?.type === 'carts.placed' && again.all && again.carts.length === 4);
  assert.equal(later.filter((all) => all).length, 1);
});

test('in the open model those who have left are no longer there', async (t) => {
  const shop = await openToyShop(t);
  const { url, reports } = await openConsole(t, (res) => res.writeHead(204).end());
  await quickLoad(shop.url, url, { ratePerSecond: 40, shoppers: 20, iterations: 4, durationMs: 1200 }).result;
  const events = reports.flatMap((report) => report.events);
  const placed = events.flatMap((event) => (event.type === 'carts.placed' ? event : []));
  assert.ok(placed.length >= 2 && placed.every(({ all }) => all));
  assert.ok(placed.some(({ carts }) => carts.length > 0));
  assert.deepEqual(placesOf(events), new Map(), 'all have left');
  const last = events.at(-1);
  assert.deepEqual(last?.type === 'carts.progress' && last.now, { right: 0, broken: 0, silent: 0 });
});

/** What the control APIs take as a body. */
const BODY_BYTES = 256 * 1024;

test('the largest report there can be fits into what a console takes', async (t) => {
  const { url, reports } = await openConsole(t, (res) => res.writeHead(204).end());
  const name = 'a-replica-with-a-long-name-of-32';
  const carts = Array.from({ length: MAX_PLACED }, (_, index): PlacedCart => [index + 1, name, 'broken']);
  const kept = Array.from({ length: 60 }, (_, t) => ({
    t,
    answer: [1, name, 'error'] as [1, string, 'error'],
  }));
  const view = { placed: () => ({ all: true, carts }), sampled: () => ({ of: 60, kept }) };
  const progress = () => ({ type: 'carts.progress' }) as never;
  const reporter = createReporter({ url, token: 'secret', run: 'k3f', view, progress });
  const missing = Array.from({ length: 40 }, () => 'a-thing-with-a-name');
  const ids = { run: 'k3f', shopper: 's12345', was: `${name}#1`, now: `${name}#2` };
  for (let cart = 0; cart < 400; cart++) {
    reporter.broken({ type: 'cart.broken', ...ids, class: 'lostSession', status: 200, missing });
  }
  await reporter.close(progress());
  assert.equal(reporter.trouble(), null);
  const bytes = JSON.stringify({ events: reports[0]?.events }).length;
  assert.ok(bytes < BODY_BYTES, `${bytes} bytes`);
});
