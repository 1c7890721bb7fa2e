import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { identify } from '../lib/process-identity.ts';
import { exitOf, runScript, SHORT, scratch, startScript } from './support/load-script.ts';
import { openToyShop } from './support/toy-shop.ts';

test('a good shop gives exit 0, a summary in words, and the seed', async (t) => {
  const { url } = await openToyShop(t);
  const { code, stdout, stderr } = await runScript(t, [url, ...SHORT, '--seed', '41']);
  assert.match(stdout, /Broken carts: 0 of \d+/);
  assert.match(stdout, /Verdict: valid/);
  assert.match(stdout, /npm run load -- --seed 41 --shoppers 4/);
  assert.match(stderr, /seed 41: 4 shoppers at http/);
  assert.ok(!stdout.includes('\x1b'), 'no colour when nobody looks');
  assert.equal(code, 0);
});

test('a shop that loses carts gives exit 99, and 0 with --no-fail', async (t) => {
  const { url } = await openToyShop(t, { replicas: 3 });
  const failed = await runScript(t, [url, ...SHORT]);
  assert.match(failed.stdout, /lost session/);
  assert.match(failed.stdout, /MISSED {2}broken_carts==0/);
  assert.match(failed.stdout, /Verdict: BROKEN/);
  assert.equal(failed.code, 99);
  const lenient = await runScript(t, [url, ...SHORT, '--no-fail']);
  assert.match(lenient.stdout, /Verdict: BROKEN/);
  assert.equal(lenient.code, 0);
});

test('thresholds on the command line replace the usual ones', async (t) => {
  const { url } = await openToyShop(t, { replicas: 3 });
  const { code, stdout } = await runScript(t, [
    url,
    ...SHORT,
    '--threshold',
    'broken_carts>0',
    '--threshold',
    'error_rate<0.9',
  ]);
  assert.match(stdout, /ok {6}broken_carts>0/);
  assert.equal(code, 0);
});

test('nothing to verify gives exit 2', async (t) => {
  const { url } = await openToyShop(t);
  const { code, stdout } = await runScript(t, [url, ...SHORT, '--mix', 'read=1']);
  assert.match(stdout, /broken_carts==0 {2}\(no data\)/);
  assert.match(stdout, /Verdict: unknown/);
  assert.equal(code, 2);
});

test('--json prints the result and nothing else, the same as --summary-export writes', async (t) => {
  const { url } = await openToyShop(t);
  const file = join(scratch(t), 'result.json');
  const history = join(scratch(t), 'run.jsonl');
  const args = [
    url,
    ...SHORT,
    '--seed',
    '7',
    '--json',
    '--summary-export',
    file,
    '--out',
    `jsonl=${history}`,
  ];
  const { code, stdout } = await runScript(t, args);
  assert.equal(code, 0);
  const result = JSON.parse(stdout);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), result);
  assert.equal(result.schema, 'shop/1');
  assert.equal(result.seed, 7);
  assert.equal(result.config.iterations, 8);
  assert.equal(result.config.durationMs, null);
  assert.deepEqual(Object.keys(result), [
    'schema',
    'verdict',
    'seed',
    'run',
    'config',
    'runtime',
    'startedAt',
    'durationMs',
    'carts',
    'shoppers',
    'broken',
    'events',
    'ops',
    'http',
    'latencyMs',
    'self',
    'chaos',
    'examples',
    'thresholds',
  ]);
  assert.equal(readFileSync(history, 'utf8').trimEnd().split('\n').length, 1 + 2 * result.ops.issued);
});

test('nobody at the address: exit 3 and what to do', async (t) => {
  const { code, stderr } = await runScript(t, ['http://127.0.0.1:1', ...SHORT]);
  assert.equal(
    stderr,
    'Nobody answers at http://127.0.0.1:1 (refused). Start a cluster with: npm start   or name another address: npm run load -- http://host:port\n',
  );
  assert.equal(code, 3);
});

test('something else at the address: exit 3 and what it is not', async (t) => {
  const server = createServer((_req, res) => res.end('<!doctype html>\n<title>It works!</title>'));
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, stderr } = await runScript(t, [url, ...SHORT]);
  assert.match(
    stderr,
    /it is not Cartwreck: GET \/api\/cart should give JSON with a cart, and gave 200 "<!doctype/,
  );
  assert.equal(code, 3);
});

test('a shop in trouble is still a shop', async (t) => {
  const error = JSON.stringify({ error: { code: 'no_upstream', message: 'no replica is up' } });
  const { url } = await openToyShop(t, {
    misbehave: (_request, res) => Boolean(res.writeHead(503).end(error)),
  });
  const { code, stdout } = await runScript(t, [url, ...SHORT, '--iterations', '1']);
  assert.match(stdout, /503 \d/);
  assert.equal(code, 2);
});

test('bad arguments: exit 104 and one line that says what was expected', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['--speed', '9'], /^Unknown option '--speed'.* Known flags: /],
    [['--shoppers', 'many'], /^--shoppers: expected a whole number from 1 to 5000, got "many"$/],
    [['--duration', '0s'], /^--duration: expected a time from 1ms to 24h, got "0s"$/],
    [['--threshold', 'speed<1'], /^--threshold: no metric "speed"/],
    [['ftp://example'], /^expected an address like http:\/\/127\.0\.0\.1:8080, got "ftp:\/\/example"$/],
    [['--cluster', 'nope'], /^No cluster named "nope" is running/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await runScript(t, args);
    assert.match(stderr.trimEnd(), message);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
    assert.equal(stdout, '');
    assert.equal(code, 104);
  }
});

test('a history that cannot be written: exit 104 before anybody shops', async (t) => {
  const shop = await openToyShop(t);
  const { code, stderr } = await runScript(t, [shop.url, ...SHORT, '--out', 'jsonl=/dev/full']);
  assert.match(stderr, /^cannot write the history to \/dev\/full: ENOSPC/);
  assert.equal(code, 104);
  assert.equal(shop.requests.length, 1, 'only the probe');
});

test('without an address the load goes to the running cluster and tells its console', async (t) => {
  const shop = await openToyShop(t);
  const calls = new Set<string>();
  const server = createServer((req, res) => {
    calls.add(`${req.method} ${req.url} ${req.headers.authorization}`);
    res.writeHead(204).end();
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = scratch(t);
  mkdirSync(join(base, 'demo'));
  const consoleUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const info = { name: 'demo', agent: identify(process.pid), url: shop.url, consoleUrl, token: 'run-token' };
  writeFileSync(join(base, 'demo', 'cluster.json'), JSON.stringify(info));
  const { code } = await runScript(t, SHORT, { CARTWRECK_RUN_DIR: base });
  assert.equal(code, 0);
  assert.ok(shop.requests.length > 4 * 8, `${shop.requests.length} requests`);
  assert.equal(calls.has('POST /api/progress Bearer run-token'), true);
  assert.equal(
    calls.has('GET /api/events Bearer run-token'),
    true,
    'it listens for what is done to the cluster',
  );
});

test('the exit status does not depend on whether anybody reads the summary', async (t) => {
  const { url } = await openToyShop(t);
  const { child } = startScript(t, [url, ...SHORT]);
  child.stdout?.destroy();
  assert.equal(await exitOf(child), 0);
});
