import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultView } from '../../apps/agent/contract.ts';
import { proxyFlags } from '../../apps/agent/proxy-flags.ts';
import { SETTINGS, type Settings, type UpstreamView } from '../../proxy/contract.ts';
import { BUSY, runScript, startTestCluster } from '../support/cluster.ts';
import { story } from '../support/stream.ts';
import { waitFor } from '../support/wait.ts';

/** What an operator says of a replica at the proxy, through the console and the scripts; and what a reset makes of it. */
test('an operator and one cluster', async (t) => {
  const cluster = await startTestCluster(t, {
    replicas: 2,
    affinity: 'cookie',
    proxy: proxyFlags.read('balance=two-choices --drain-deadline=40s'),
  });
  await cluster.whole();
  const upstream = async (id: string) => (await cluster.shop(id)).upstream ?? assert.fail(`no ${id}`);
  const chaos = async (...words: string[]) => {
    const { code, stdout, stderr } = await runScript('chaos', words, { base: cluster.base });
    assert.equal(code, 0, stderr);
    return stdout;
  };

  await t.test('what was given with --proxy is so from the start', async () => {
    const { settings } = await cluster.state();
    assert.deepEqual([settings?.affinity, settings?.balance], ['cookie', 'two-choices']);
    const drained = await cluster.api<UpstreamView>('PATCH', '/upstreams/shop-2', { admin: 'drain' });
    assert.ok((drained.drainLeftMs ?? 0) > 30_000, `${drained.drainLeftMs} ms left`);
    assert.equal(drained.state, 'draining');
  });

  await t.test('restore and weight are verbs, and say what the proxy says', async () => {
    assert.match(await chaos('restore', 'shop-2'), /shop-2 is up/);
    assert.match(await chaos('weight', 'shop-2', '25'), /shop-2 has weight 25/);
    assert.match(await chaos('drain', 'shop-1', '--deadline', '30s'), /shop-1 is draining: nobody new/);
    const [one, two] = [await upstream('shop-1'), await upstream('shop-2')];
    assert.deepEqual([one.admin, two.admin, two.weight], ['drain', 'ready', 25]);
    assert.match(await chaos('status'), /shop-1 .*draining.*drains for .* more\n.*shop-2 .*weight 25/);
    await story(t, cluster, (event) => event.type === 'upstream.weight' && event.to === 25);
  });

  await t.test('a shop that is killed while it drains comes back draining, and its undo ends', async () => {
    const fault = await cluster.api<FaultView>('POST', '/faults', {
      ...{ fault: 'replica.kill', target: 'shop-1' },
    });
    await cluster.api('DELETE', `/faults/${fault.id}`);
    await waitFor('shop-1 to drain in its second life', async () => {
      const { life, state } = await upstream('shop-1');
      return life === 'shop-1#2' && state === 'draining';
    });
  });

  await t.test('a mistake is told in words of what is allowed', async () => {
    const wrong: [words: string[], code: number, says: RegExp][] = [
      [['drain'], 2, /drain what\? a shop such as shop-2/],
      [['drain', 'shop-9'], 1, /shop-9.*shop-1, shop-2/],
      [['drain', 'shop-1', '--deadline', 'soon'], 2, /--deadline: .*"soon"/],
      [['weight', 'shop-1', 'much'], 2, /expected a number.*"much"/],
      [['weight', 'shop-1', '300'], 1, /0 .*256/],
    ];
    for (const [words, code, says] of wrong) {
      const { stderr, ...run } = await runScript('chaos', words, { base: cluster.base });
      assert.match(stderr, says, words.join(' '));
      assert.equal(run.code, code, `${words.join(' ')}: ${stderr}`);
    }
  });

  await t.test('mode shows every setting in its group, and which has no effect now', async () => {
    const { stdout } = await runScript('mode', [], { base: cluster.base });
    for (const name of Object.keys(SETTINGS)) assert.match(stdout, new RegExp(`^${name} +[a-z-]+`, 'm'));
    assert.match(stdout, /^Who goes where:\nbalance +two-choices$/m);
    assert.match(stdout, /^ipKey +address +\(only with IP hash\)$/m);
    const changed = await runScript('mode', ['panic=half-down', 'queue=on'], { base: cluster.base });
    assert.match(changed.stdout, /^panic +half-down +\(was off\)$/m);
    const help = await runScript('mode', ['--help'], { base: cluster.base });
    assert.match(help.stdout, /^ {2}ejection +off \| on\n +whether a replica that fails/m);
  });

  await t.test('a reset restores drains and weights, and goes back to the first settings', async () => {
    await cluster.api('POST', '/reset', {});
    for (const id of ['shop-1', 'shop-2']) {
      const { admin, weight, state } = await waitFor(
        `${id} to be up`,
        async () => {
          const now = await upstream(id);
          return now.state === 'up' && now;
        },
        BUSY,
      );
      assert.deepEqual([admin, weight, state], ['ready', 100, 'up']);
    }
    const settings = await cluster.api<Settings>('GET', '/settings');
    assert.deepEqual(
      [settings.affinity, settings.balance, settings.panic, settings.queue],
      ['cookie', 'two-choices', 'off', 'off'],
    );
  });
});
