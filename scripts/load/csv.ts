import type { Story } from './story.ts';

const COLUMNS = [
  't',
  'requests',
  'ok',
  'fail',
  'unknown',
  'p50_ms',
  'p99_ms',
  'broken_carts',
  'newly_broken',
  'marks',
];

/** One row a second (RFC 4180). An empty cell = nothing to measure; several marks are joined with "; ". */
export function csvOf({ seconds }: Pick<Story, 'seconds'>): string {
  let brokenSoFar = 0;
  const rows = seconds.map(({ t, ok, fail, unknown, p50Ms, p99Ms, broken, marks }) => {
    brokenSoFar += broken;
    const counts = [t, ok + fail + unknown, ok, fail, unknown, p50Ms ?? '', p99Ms ?? '', brokenSoFar, broken];
    return [...counts, cellOf(marks.join('; '))].join(',');
  });
  return [COLUMNS.join(','), ...rows, ''].join('\r\n');
}

/** A spreadsheet runs what begins like a formula: the text of an event must never be one. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
