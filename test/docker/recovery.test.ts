import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestCluster } from '../support/cluster.ts';
import { SKIP_COMPOSE, startCompose } from '../support/compose.ts';
import { measureRecovery, type Recovery } from '../support/recovery.ts';

const ROUNDS = 3;
/** Far above what either takes: a shop that comes back at all does so within it. */
const LIMIT_MS = 20_000;

test('a killed shop is noticed, gone round and back again, as a process and as a container', {
  skip: SKIP_COMPOSE,
}, async (t) => {
  const processes = await startTestCluster(t, { replicas: 3 });
  const rows: [string, Recovery][] = [['processes', await measure(processes.info, () => processes.whole())]];
  await processes.close();
  const containers = await startCompose(t);
  rows.push(['containers', await measure(containers.info, () => containers.whole(3))]);
  t.diagnostic(`median of ${ROUNDS}   detected  rerouted  back (ms after the kill)`);
  for (const [name, { detectedMs, reroutedMs, backMs }] of rows) {
    t.diagnostic(
      `${name.padEnd(13)} ${[detectedMs, reroutedMs, backMs].map((ms) => String(ms).padStart(8)).join('  ')}`,
    );
    assert.ok(detectedMs <= backMs && Math.max(reroutedMs, backMs) < LIMIT_MS, name);
  }
});

async function measure(
  info: Parameters<typeof measureRecovery>[0],
  whole: () => Promise<unknown>,
): Promise<Recovery> {
  const rounds: Recovery[] = [];
  while (rounds.length < ROUNDS) {
    await whole();
    rounds.push(await measureRecovery(info));
  }
  const median = (of: (round: Recovery) => number) => rounds.map(of).sort((a, b) => a - b)[ROUNDS >> 1] ?? 0;
  return {
    detectedMs: median(({ detectedMs }) => detectedMs),
    reroutedMs: median(({ reroutedMs }) => reroutedMs),
    backMs: median(({ backMs }) => backMs),
  };
}
