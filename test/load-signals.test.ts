import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitOf, QUICK, scratch, startScript } from './support/load-script.ts';
import { openToyShop } from './support/toy-shop.ts';
import { waitFor } from './support/wait.ts';

test('Ctrl-C ends the run, and the summary still comes: exit 130', async (t) => {
  const { url } = await openToyShop(t, { delayMs: () => 150 });
  const { child, seen } = startScript(t, [url, ...QUICK, '--duration', '1h']);
  await waitFor('the first progress line', () => /broken carts 0 of [1-9]/.test(seen.stderr));
  child.kill('SIGINT');
  await waitFor('the script to say that it stops', () => seen.stderr.includes('Stopping'));
  // npm passes the same key press on once more; that must not count as the second Ctrl-C.
  child.kill('SIGINT');
  assert.equal(await exitOf(child), 130);
  assert.match(seen.stdout, /Verdict: valid/);
});

test('SIGTERM ends the run with a summary too: exit 143', async (t) => {
  const { url } = await openToyShop(t);
  const { child, seen } = startScript(t, [url, ...QUICK, '--duration', '1h', '--json']);
  await waitFor('the first progress line', () => /broken carts 0 of [1-9]/.test(seen.stderr));
  child.kill('SIGTERM');
  assert.equal(await exitOf(child), 143);
  assert.equal(JSON.parse(seen.stdout).verdict, 'valid');
});

test('a second Ctrl-C ends the program at once, with the history flushed', async (t) => {
  let frozen = false;
  const shop = await openToyShop(t, { misbehave: () => frozen });
  const history = join(scratch(t), 'run.jsonl');
  const args = [shop.url, ...QUICK, '--duration', '1h', '--timeout', '1h', '--out', `jsonl=${history}`];
  const { child, seen } = startScript(t, args);
  await waitFor('the first progress line', () => /broken carts 0 of [1-9]/.test(seen.stderr));
  frozen = true;
  child.kill('SIGINT');
  await waitFor('the script to say that it stops', () => seen.stderr.includes('Again to stop at once'));
  const pressing = setInterval(() => child.kill('SIGINT'), 100);
  t.after(() => clearInterval(pressing));
  assert.equal(await exitOf(child), 130);
  assert.equal(seen.stdout, '');
  const last = readFileSync(history, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  assert.equal(JSON.parse(last).type, 'invoke');
});
