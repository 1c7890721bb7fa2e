import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const here = new URL('./', import.meta.url);
const tests = readdirSync(here)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(new URL(name, here), 'utf8'))
  .join('\n');

test('every behaviour that docs/affinity.md names has the test it names', () => {
  const text = readFileSync(new URL('../docs/affinity.md', here), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (behaviour|rule) /.test(line));
  assert.ok(rows.length > 20, `${rows.length} rows`);
  const named = rows.map((row) => row.split(' | ').at(-1)?.replace(/ \|$/, '') ?? '');
  assert.deepEqual(
    named.filter((name) => !tests.includes(name)),
    [],
  );
});
