import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../clients.ts';
import { placeAddresses, startOurProxy } from '../../proxy/our-proxy.ts';
import { CHECKS, type Peer, TIMEOUTS } from './peer.ts';

/** `redispatch, unsent` is how the proxy comes. */
const ROWS: Record<string, string[]> = {
  'redispatch, unsent': [],
  'retry-same, unsent': ['--dead-pin', 'retry-same'],
  'strict, unsent': ['--dead-pin', 'strict'],
  'redispatch, off': ['--retry', 'off'],
  'redispatch, idempotent': ['--retry', 'idempotent'],
  'redispatch, reckless': ['--retry', 'reckless'],
  'redispatch, off, ejection': [
    ...['--retry', 'off', '--ejection', 'on', '--eject-after', '1'],
    // Each time out is longer than the last: with the usual 10 s the next drill would wait for it.
    ...['--eject-time', '1s'],
  ],
};

const COMMON = [
  ...['--affinity', 'cookie'],
  ...['--check-interval', `${CHECKS.intervalMs}ms`, '--check-fast', `${CHECKS.fastMs}ms`],
  ...['--check-timeout', `${CHECKS.timeoutMs}ms`],
  ...['--rise', String(CHECKS.rise), '--fall', String(CHECKS.fall)],
  ...['--connect-timeout', `${TIMEOUTS.connectMs}ms`, '--first-byte-timeout', `${TIMEOUTS.answerMs}ms`],
];

/** Our own proxy, built: a process for each row. */
export const cartwreck: Peer = {
  name: 'cartwreck',
  missing: () => (existsSync(join(ROOT, 'dist/proxy/main.js')) ? null : 'not built; run: npm run build'),
  rows: Object.entries(ROWS).map(([name, flags]) => ({ name, how: flags.join(' ') || 'as it comes' })),
  async start({ replicas }, names) {
    const urls = new Map<string, string>();
    const addresses = replicas.map(({ name: id, port }) => ({
      id,
      life: `${id}#1`,
      host: '127.0.0.1',
      port,
    }));
    for (const name of names) {
      const proxy = await startOurProxy([...COMMON, ...(ROWS[name] ?? [])]);
      urls.set(name, proxy.url);
      await placeAddresses(proxy, addresses);
    }
    return {
      urls,
      // Each answer lists all its attempts: "shop-2:refused,shop-3:ok".
      retried: async (asked) =>
        new Set(asked.filter(({ attempts }) => attempts.includes(',')).map(({ id }) => id)),
    };
  },
  show: () => `${COMMON.join(' ')}, and for each row what the table says\n`,
};
