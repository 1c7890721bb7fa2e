import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HEADER, historyFile, recordedRun } from './support/recorded.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The load script as a user would start it, with no cluster in sight. */
function runScript(args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/load.ts', ...args],
    {
      cwd: ROOT,
      env: { PATH: process.env.PATH, CARTWRECK_RUN_DIR: '/nonexistent' },
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

test('--recheck prints the verdict, writes every file that was asked for, and ends like the run itself', (t) => {
  const file = historyFile(t, [HEADER, ...recordedRun({ forgetAt: [5] })]);
  const [csv, html, json] = [`${file}.csv`, `${file}.html`, `${file}.json`];
  const args = ['--recheck', file, '--csv', csv, '--html', html, '--summary-export', json];
  const { status, stdout, stderr } = runScript(args);
  assert.equal(status, 99);
  assert.match(stdout, /Broken carts: 2 of 8/);
  assert.match(stdout, /Verdict: BROKEN/);
  assert.match(stderr, /Not in a history, so null: /);
  assert.match(readFileSync(csv, 'utf8'), /^t,requests,.*\r\n0,6,6,0,0,/);
  assert.match(readFileSync(html, 'utf8'), /<h1>2 of 8 carts are broken\.<\/h1>/);
  assert.equal(JSON.parse(readFileSync(json, 'utf8')).carts.broken, 2);
});

test('--recheck refuses a damaged history, flags it has no use for, and files it cannot write: exit 104', (t) => {
  const file = historyFile(t, '{"type":"run"');
  const damaged = runScript(['--recheck', file, '--json']);
  assert.deepEqual([damaged.status, damaged.stdout], [104, '']);
  assert.match(damaged.stderr, /line 1: the file ends in the middle of this line/);
  const useless = runScript(['--recheck', file, '--shoppers', '4']);
  assert.deepEqual(
    [useless.status, useless.stderr.trim()],
    [104, '--recheck judges what is recorded; leave out --shoppers'],
  );
  const unwritable = runScript(['--recheck', file, '--html', '/no/such/folder/x.html']);
  assert.equal(unwritable.status, 104);
  assert.match(unwritable.stderr, /^cannot write \/no\/such\/folder\/x\.html: ENOENT/);
});
