import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsFor } from '../scripts/bench/clients.ts';
import { tableOf } from '../scripts/bench/load.ts';
import { openCanned } from '../scripts/bench/measure.ts';

const sample = (cpuMicros: number) => ({ requests: 1000, seconds: 2, cpuMicros });

test('the bench shows the median of the rounds, and ratios to the first client', () => {
  const table = tableOf([
    { name: 'ours', samples: [sample(20_000), sample(90_000), sample(10_000)] },
    { name: 'theirs', samples: [sample(30_000)] },
  ]);
  assert.match(table, /^ours +20\.0 +1\.00× +500$/m);
  assert.match(table, /^theirs +30\.0 +1\.50× +500$/m);
});

test('clients that are not installed are skipped with a word', () => {
  const clients = clientsFor({ url: 'http://127.0.0.1:1', connections: 2, path: '/nowhere' });
  const missing = clients.flatMap((one) => ('missing' in one ? one.name : []));
  assert.ok(missing.includes('wrk, no check') && missing.includes('autocannon verifyBody'));
});

test('the canned server counts what it answers', async (t) => {
  const canned = await openCanned();
  t.after(() => canned.close());
  for (let count = 0; count < 3; count++) {
    const { cart } = JSON.parse(await (await fetch(`${canned.url}/api/cart`)).text());
    assert.equal(cart.lines.length, 3);
  }
  assert.equal(await canned.answered(), 3);
});
