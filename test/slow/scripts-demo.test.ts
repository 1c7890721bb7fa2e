import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { DESIGNS } from '../../scripts/demo/designs.ts';
import { demoJson, designText } from '../../scripts/demo/report.ts';
import { runDesign } from '../../scripts/demo/run.ts';
import { launch, runScript, scratch, startTestCluster } from '../support/cluster.ts';
import { waitGone } from '../support/processes.ts';
import { waitFor } from '../support/wait.ts';

test('Ctrl-C in the middle of the demo ends its shoppers and its cluster', async (t) => {
  const demo = launch(t, 'demo', { args: ['--shoppers', '6', '--calm', '30s'] });
  await waitFor('the first design to be shopped', () => demo.output().includes('Three shops'), {
    timeoutMs: 20_000,
  });
  const processes = demo.processes();
  const asked = performance.now();
  process.kill(-Number(demo.child.pid), 'SIGINT');
  assert.deepEqual(await demo.ended(), { code: 130, signal: null });
  t.diagnostic(`ended in ${Math.round(performance.now() - asked)} ms`);
  assert.doesNotMatch(demo.output(), / {4}at /, 'no stack');
  await waitGone(processes, 2000);
  assert.deepEqual(readdirSync(demo.base), []);
});

test('a design is measured as it is, with errors apart, and the cluster is left whole', async (t) => {
  const cluster = await startTestCluster(t, { replicas: 3 });
  const options = { shoppers: 12, seed: 7, calmMs: 100, afterMs: 800, signal: new AbortController().signal };
  const design = DESIGNS.find(({ id }) => id === 'B');
  assert.ok(design, 'design B');
  const measured = await runDesign(cluster.info, design, options);
  const { settings, faults, replicas } = await cluster.state();
  assert.deepEqual([settings?.affinity, settings?.sessions], ['cookie', 'memory']);
  assert.deepEqual(
    faults.map(({ fault, target, state }) => `${fault} ${target} ${state}`),
    ['replica.kill shop-2 undone'],
  );
  assert.deepEqual(
    replicas?.map(({ upstream }) => upstream?.state),
    ['up', 'up', 'up'],
  );
  // How many of a dozen were at the dead shop is chance; all or none of them would be a defect.
  assert.equal(measured.hitBefore, 0);
  assert.equal(measured.hit > 0 && measured.hit < 12, true, `${measured.hit} of 12`);
  assert.equal(measured.share, measured.hit / 12);
  const { min, max } = design.predicted;
  assert.equal(measured.asPredicted, measured.share >= min && measured.share <= max);
  const json = demoJson([measured], { seed: 7, runtime: 'process', store: 'none', durationMs: 1 });
  assert.deepEqual(
    [json.schema, json.asPredicted, json.designs[0]?.id],
    ['demo/1', measured.asPredicted, 'B'],
  );
  assert.match(
    designText(measured),
    new RegExp(`${measured.hit} of 12 shoppers have a broken cart, all of them after the kill`),
  );
});

test('wrong flags of the demo start nothing', async (t) => {
  const base = scratch(t);
  for (const args of [
    ['--shoppers', '2'],
    ['--calm', 'soon'],
    ['--redis', 'nonsense'],
    ['--speed', '9'],
  ]) {
    const { code, stderr } = await runScript('demo', args, { base });
    assert.equal(code, 2, args.join(' '));
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  }
  assert.deepEqual(readdirSync(base), []);
});
