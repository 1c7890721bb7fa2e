import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SKIP_COMPOSE, startCompose } from '../support/compose.ts';

test('the demo and the load script against containers', { skip: SKIP_COMPOSE }, async (t) => {
  const cluster = await startCompose(t);

  await t.test('a short load finds the cluster, and its report says what broke', async () => {
    await cluster.script('mode', 'affinity=cookie', 'sessions=redis');
    const { code, stdout, stderr } = await cluster.script(
      'load',
      '--shoppers',
      '12',
      '--duration',
      '2s',
      '--json',
      '--quiet',
    );
    assert.equal(code, 0, stderr);
    const { verdict, carts, config } = JSON.parse(stdout);
    assert.equal(verdict, 'valid');
    assert.ok(carts.checked >= 12 && carts.broken === 0, stdout.slice(0, 400));
    assert.equal(config.url, cluster.info.url);
  });

  await t.test('designs A to D do as predicted, and the settings are as they were', async (t) => {
    const { code, stdout, stderr } = await cluster.script('demo', '--json', '--calm', '1s', '--after', '3s');
    t.diagnostic(stderr.replaceAll('\n', ' | '));
    const { runtime, designs } = JSON.parse(stdout);
    assert.equal(runtime, 'docker');
    for (const { id, share, asPredicted } of designs)
      t.diagnostic(`${id} ${Math.round(share * 100)} % ${asPredicted}`);
    assert.equal(code, 0, stderr);
    const { settings, faults } = await cluster.whole(3);
    assert.deepEqual([settings?.affinity, settings?.sessions], ['cookie', 'redis']);
    assert.equal(faults.filter(({ state }) => state === 'active').length, 0);
  });

  await t.test('with another number of shops the demo says so and does nothing', async () => {
    assert.equal((await cluster.script('chaos', 'scale', '2')).code, 0);
    const { code, stderr } = await cluster.script('demo');
    assert.equal(code, 2);
    assert.match(stderr, /needs 3 shops, ".*" has 2: npm run chaos -- scale 3 --name /);
  });
});
