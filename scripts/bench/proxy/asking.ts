import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, ROOT } from '../clients.ts';

/** What a client saw in its window of time. */
export interface Seen {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** answers other than 200, and connections that broke */
  errors: number;
}

export interface Asking {
  name: string;
  ask(what: { url: string; connections: number; seconds: number }): Promise<Seen>;
}

/** Every request carries what a browser with a cart has; a proxy that does not look at cookies ignores them. */
const COOKIE = `cw_sid=${'5e55'.repeat(8)}; cw_pin=shop-1`;
const run = promisify(execFile);

/** The client for all rows: the cheapest there is on this machine, because it shares the machine with the proxies. */
export function clientIn(path: string): Asking {
  const wrk = findProgram('wrk', path);
  const autocannon = findProgram('autocannon', path);
  if (wrk !== null) return { name: 'wrk', ask: (what) => askWithWrk(wrk, what) };
  if (autocannon !== null) return { name: 'autocannon', ask: (what) => askWithAutocannon(autocannon, what) };
  return { name: 'our own', ask: askWithOurs };
}

async function askWithWrk(wrk: string, { url, connections, seconds }: Parameters<Asking['ask']>[0]) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-H', `Cookie: ${COOKIE}`];
  const { stdout } = await run(wrk, [...args, `${url}/api/cart`]);
  return readWrk(stdout);
}

/** Reads the report of wrk 4. Throws when a number is missing. */
export function readWrk(report: string): Seen {
  const find = (pattern: RegExp) => pattern.exec(report)?.slice(1) ?? [];
  const [requests, seconds, unit] = find(/([0-9]+) requests in ([0-9.]+)(ms|s|m),/);
  const broken = find(/Socket errors: connect ([0-9]+), read ([0-9]+), write ([0-9]+), timeout ([0-9]+)/);
  const [refused = '0'] = find(/Non-2xx or 3xx responses: ([0-9]+)/);
  const [p50] = find(/50%\s+([0-9.]+(?:us|ms|s))/);
  const [p99] = find(/99%\s+([0-9.]+(?:us|ms|s))/);
  if (!requests || !seconds || !unit || !p50 || !p99)
    throw new Error(`expected a report of wrk, got: ${report}`);
  return {
    requests: Number(requests),
    perSecond: Number(requests) / (millis(`${seconds}${unit}`) / 1000),
    p50Ms: millis(p50),
    p99Ms: millis(p99),
    errors: [refused, ...broken].reduce((sum, count) => sum + Number(count), 0),
  };
}

const UNITS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
const millis = (text: string): number =>
  Number.parseFloat(text) * (UNITS[text.replace(/[0-9.]+/, '')] ?? Number.NaN);

async function askWithAutocannon(
  program: string,
  { url, connections, seconds }: Parameters<Asking['ask']>[0],
) {
  const args = ['-j', '-c', String(connections), '-d', String(seconds), '-H', `Cookie=${COOKIE}`];
  const { stdout } = await run(program, [...args, `${url}/api/cart`], { maxBuffer: 10_000_000 });
  const { requests, duration, latency, errors, non2xx } = JSON.parse(stdout);
  return {
    requests: requests.total,
    perSecond: requests.total / duration,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    errors: errors + non2xx,
  };
}

async function askWithOurs({ url, connections, seconds }: Parameters<Asking['ask']>[0]) {
  const script = join(ROOT, 'scripts/bench/proxy/client.ts');
  const args = ['--import', 'tsx', script, url, String(connections), String(seconds * 1000), COOKIE];
  const { stdout } = await run(process.execPath, args);
  return JSON.parse(stdout) as Seen;
}
