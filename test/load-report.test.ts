import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { LoadEvent } from '../scripts/load/contract.ts';
import { startLoad } from '../scripts/load/runner.ts';
import { openToyShop } from './support/toy-shop.ts';

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

const quickLoad = (url: string, consoleUrl: string) =>
  startLoad({
    url,
    shoppers: 4,
    durationMs: 700,
    rampMs: 0,
    thinkMs: { min: 5, max: 15 },
    report: { url: consoleUrl, token: 'secret' },
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
    'run',
    'shopper',
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
