import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BENCH = fileURLToPath(new URL('../../dist/scripts/bench.js', import.meta.url));
const ROWS = ['cartwreck: redispatch, reckless', 'cartwreck: strict', 'HAProxy: option redispatch 1'];

/** The numbers of each row, by its title. */
function rowsIn(table: string): Map<string, string[]> {
  const lines = table.matchAll(/^ {2}((?:cartwreck|HAProxy): .+?)((?: +(?:> )?[0-9]+| +-){9})$/gm);
  return new Map(
    [...lines].map(([, title = '', cells = '']) => [title, cells.trim().split(/\s+(?=[0-9>-])/)]),
  );
}

test('a crash costs a reckless balancer duplicates and an honest one errors, and the bench counts both', async (t) => {
  const only = ROWS.flatMap((row) => ['--only', row]);
  const args = ['recovery', '--rounds', '1', '--seconds', '2', '--fault', 'crash', ...only];
  const { stdout } = await promisify(execFile)(process.execPath, [BENCH, ...args]);
  t.diagnostic(stdout);
  const rows = rowsIn(stdout);
  const [, , , duplicated, lostAck] = (rows.get('cartwreck: redispatch, reckless') ?? []).map(Number);
  assert.ok(Number(duplicated) > 0 && lostAck === 0, 'reckless: executed twice, and nobody is told');
  const [, failed] = (rows.get('cartwreck: strict, unsent') ?? []).map(Number);
  assert.ok(Number(failed) > 0, 'strict: errors');
  const theirs = rows.get('HAProxy: option redispatch 1');
  if (theirs === undefined) assert.match(stdout, /skipped: HAProxy/);
  else assert.ok(Number(theirs[4]) > 0, 'HAProxy does not repeat what was sent');
});
