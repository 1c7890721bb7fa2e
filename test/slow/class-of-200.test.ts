import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startTestCluster } from '../support/cluster.ts';
import { HttpPhone } from '../support/http-phone.ts';
import { waitFor } from '../support/wait.ts';

const STUDENTS = 200;
const THINGS = 3;
/** So many at once come in and fill their carts: a room does not tap in one instant. */
const AT_ONCE = 20;
/** Then all of them ask every two seconds, for so long. */
const POLL_MS = 2000;
const POLLS = 5;
/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

test('200 students join, shop, and are all in the picture; the console hardly notices', {
  timeout: 110_000,
}, async (t) => {
  const cluster = await startTestCluster(t, { affinity: 'cookie', sessions: 'memory' });
  const urls = { console: cluster.info.consoleUrl, shop: cluster.info.url };
  const phones = Array.from({ length: STUDENTS }, () => new HttpPhone(urls));
  t.after(() => {
    for (const phone of phones) phone.close();
  });
  const pid = cluster.pidOf('apps/console/main.js');

  const arriving = stopwatch(pid);
  await inTurns(phones, async (phone) => {
    await phone.join();
    await phone.shop(THINGS);
  });
  t.diagnostic(`${STUDENTS} joined and put in ${THINGS} things each: ${arriving.text(phones)}`);
  assert.equal(new Set(phones.map(({ name }) => name)).size, STUDENTS);
  assert.equal(
    phones.reduce((sum, { failures }) => sum + failures, 0),
    0,
  );

  const state = await waitFor('all of them in the picture', async () => {
    const now = await cluster.state();
    return now.scene.students.filter(({ items }) => items === THINGS).length === STUDENTS && now;
  });
  assert.deepEqual(state.scene.now, { carts: STUDENTS, broken: 0, silent: 0 });
  assert.equal(new Set(state.scene.students.map(({ on }) => on)).size, 3);

  for (const phone of phones) phone.latencies.length = 0;
  const polling = stopwatch(pid);
  await Promise.all(phones.map((phone) => pollFor(phone)));
  const figures = polling.figures(phones);
  t.diagnostic(`${STUDENTS} phones ask every ${POLL_MS / 1000} s: ${polling.text(phones)}`);
  assert.ok(figures.cpu < 0.5, `the console took ${figures.cpu} of a processor`);
  assert.ok(figures.p99 < 500, `the slowest of a hundred calls took ${figures.p99} ms`);

  const full = new HttpPhone(urls);
  t.after(() => full.close());
  await assert.rejects(full.join(), /a phone could not join: 403 .*room_full/);
});

async function pollFor(phone: HttpPhone): Promise<void> {
  const startedAt = performance.now() + Math.random() * POLL_MS;
  for (let poll = 0; poll < POLLS; poll++) {
    await waitUntil(startedAt + poll * POLL_MS);
    assert.equal((await phone.ask()).name, phone.name);
  }
}

/** The pace of the phones is what is measured. */
const waitUntil = (at: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));

async function inTurns(phones: HttpPhone[], act: (phone: HttpPhone) => Promise<void>): Promise<void> {
  const left = [...phones];
  const one = async () => {
    for (let phone = left.pop(); phone !== undefined; phone = left.pop()) await act(phone);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** What a process took of one processor, and how long its callers waited, from now on. */
function stopwatch(pid: number) {
  const startedAt = performance.now();
  const cpuBefore = cpuMs(pid);
  const figures = (phones: HttpPhone[]) => {
    const wallMs = performance.now() - startedAt;
    const waits = phones.flatMap(({ latencies }) => latencies).sort((a, b) => a - b);
    const quantile = (q: number) => waits[Math.min(waits.length - 1, Math.floor(q * waits.length))] ?? 0;
    return {
      ...{ wallMs, calls: waits.length, cpu: (cpuMs(pid) - cpuBefore) / wallMs },
      ...{ p50: quantile(0.5), p99: quantile(0.99) },
    };
  };
  return {
    figures,
    text(phones: HttpPhone[]) {
      const { wallMs, calls, cpu, p50, p99 } = figures(phones);
      return (
        `${(wallMs / 1000).toFixed(1)} s, ${calls} calls of the console, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ` +
        `${(100 * cpu).toFixed(1)} % of one processor`
      );
    },
  };
}

/** User and system time, ms. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return TICK_MS * ((user ?? 0) + (system ?? 0));
}
