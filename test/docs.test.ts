import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const text = readFileSync(new URL('../docs/affinity.md', import.meta.url), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (behaviour|rule|\| truth) /.test(line))
  .map((line) => line.slice(2, -2).split(' | '));

/** The names of all tests that a row may name, as they stand in the source. */
const titles = ['./', './slow/'].flatMap((folder) => {
  const here = new URL(folder, import.meta.url);
  return readdirSync(here)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => titlesIn(readFileSync(new URL(name, here), 'utf8')));
});

function titlesIn(source: string): string[] {
  const found = source.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gs);
  return [...found].map(([, , title = '']) => title.replaceAll('\\', ''));
}

test('every behaviour that docs/affinity.md names has the tests it names', () => {
  assert.ok(rows.length > 80, `${rows.length} rows`);
  const named = rows.flatMap((row) => row.at(-1)?.split(' · ') ?? []);
  assert.deepEqual(
    named.filter((name) => name.length < 10 || !titles.some((title) => title.includes(name))),
    [],
  );
});

test('all 24 truths that are easy to get wrong are there, each with its test', () => {
  const numbered = rows.filter(([first = '']) => /^[0-9]+$/.test(first));
  assert.deepEqual(
    numbered.map(([number]) => Number(number)),
    Array.from({ length: 24 }, (_, index) => index + 1),
  );
  for (const row of numbered) assert.equal(row.length, 4, row.join(' | '));
});

test('no cell of a table is missing', () => {
  const wide = rows.filter(([first = '']) => !/^[0-9]+$/.test(first));
  for (const row of wide) assert.equal(row.length, 7, row.join(' | '));
});
