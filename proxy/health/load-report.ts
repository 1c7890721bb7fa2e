import type { SessionCount } from '../contract.ts';

/** The field in which replicas say how full they are, as Envoy's backends do (ORCA). */
export const LOAD_REPORT = 'endpoint-load-metrics';

/** Far above what a replica says; more is not read. */
const MAX_CHARS = 1000;
const TEXT = /^TEXT\s+/i;
const COUNT = /^[0-9]{1,9}$/;

/**
 * `TEXT named_metrics.sessions_filled=23,named_metrics.sessions_empty=4`, in any order and among other metrics. Null when
 * it does not say both, or in another way than we read: then nothing is known, and the check is none the worse.
 */
export function readLoadReport(field: string | string[] | undefined): SessionCount | null {
  if (typeof field !== 'string' || field.length > MAX_CHARS || !TEXT.test(field)) return null;
  const metrics = new Map(field.replace(TEXT, '').split(',').map(readMetric));
  const filled = metrics.get('named_metrics.sessions_filled');
  const empty = metrics.get('named_metrics.sessions_empty');
  return filled === undefined || empty === undefined ? null : { filled, empty };
}

function readMetric(entry: string): [name: string, count: number | undefined] {
  const [name = '', value = '', ...rest] = entry.split('=').map((part) => part.trim());
  return [name, COUNT.test(value) && rest.length === 0 ? Number(value) : undefined];
}
