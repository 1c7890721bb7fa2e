/**
 * Asks over a number of connections, as cheaply as Node can: one request, its answer, the next, on each. `#` in the cookie
 * becomes a number below `ids`: a random one until the time is over, or with a time of 0 each once. Prints what it saw.
 */
import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import type { Seen } from './asking.ts';

const [url = '', connections = '1', windowMs = '1000', cookie = '', ids = '1'] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const limit = Number(ids);
const times = createHistogram();
const startedMs = performance.now();
const endsMs = windowMs === '0' ? Number.POSITIVE_INFINITY : startedMs + Number(windowMs);
let given = 0;
let errors = 0;
await Promise.all(Array.from({ length: Number(connections) }, askAgainAndAgain));
const seen: Seen = {
  requests: times.count,
  perSecond: times.count / ((performance.now() - startedMs) / 1000),
  p50Ms: times.percentile(50) / 1e6,
  p99Ms: times.percentile(99) / 1e6,
  errors,
};
process.stdout.write(JSON.stringify(seen));

/** Bodies have a length, as all of the canned server have: an answer is whole when so much came after its head. */
function askAgainAndAgain(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let sentNs = 0n;
    let text = '';
    const next = () => {
      const id = nextId();
      if (id === null) return void socket.end();
      text = '';
      sentNs = process.hrtime.bigint();
      socket.write(`GET /api/cart HTTP/1.1\r\nHost: shop\r\nCookie: ${cookie.replace('#', id)}\r\n\r\n`);
    };
    socket.setEncoding('latin1').on('connect', next);
    socket.on('data', (chunk) => {
      text += chunk;
      const head = text.indexOf('\r\n\r\n');
      const [, length] = /content-length: ([0-9]+)/i.exec(text) ?? [];
      if (head < 0 || text.length < head + 4 + Number(length)) return;
      times.record(process.hrtime.bigint() - sentNs);
      if (!text.startsWith('HTTP/1.1 200')) errors++;
      next();
    });
    socket.on('error', () => errors++).on('close', () => resolve());
  });
}

function nextId(): string | null {
  if (windowMs !== '0') return performance.now() < endsMs ? String(Math.floor(Math.random() * limit)) : null;
  return given < limit ? String(given++) : null;
}
