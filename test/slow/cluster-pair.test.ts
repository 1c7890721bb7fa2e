import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { launchUp, runScript, scratch, spawnUp, startTestCluster } from '../support/cluster.ts';
import { waitGone } from '../support/processes.ts';
import { createBrowser } from '../support/traffic.ts';
import { waitFor } from '../support/wait.ts';

const ANY_PORTS = ['--port', '0', '--console-port', '0'];
const portOf = (url: string): string => new URL(url).port;

test('two clusters side by side', async (t) => {
  // The longest name there can be: its cookies must still be names that the shops take.
  const longest = `two-${'x'.repeat(25)}`;
  const one = await spawnUp(t, [
    '--name',
    'one',
    '--replicas',
    '1',
    '--affinity',
    'cookie',
    '--sessions',
    'memory',
  ]);
  const two = await startTestCluster(t, {
    name: longest,
    replicas: 1,
    affinity: 'cookie',
    sessions: 'cookie',
  });

  await t.test('one browser keeps a cart in each: their cookies have different names', async (t) => {
    const jar = new Map<string, string>();
    const browsers = [one, two].map(({ info }, index) => createBrowser(info.url, `pair.s${index}`, jar));
    t.after(() => {
      for (const browser of browsers) browser.close();
    });
    for (const round of [1, 2]) {
      for (const browser of browsers) assert.equal((await browser.add()).body.cart?.lines.length, round);
    }
    const names = [...jar.keys()].sort();
    assert.deepEqual(names, ['cw_one_pin', 'cw_one_sid', `cw_${longest}_cart`, `cw_${longest}_pin`].sort());
  });

  await t.test('what is done to one is not done to the other', async () => {
    await two.api('POST', '/faults', { fault: 'replica.kill', target: 'shop-1', for: '0s' });
    await waitFor(
      'the second life of two',
      async () => (await two.whole()).replicas?.[0]?.life === 'shop-1#2',
    );
    assert.equal((await one.whole()).replicas?.[0]?.life, 'shop-1#1');
    await assert.rejects(
      fetch(`${one.info.consoleUrl}/api/reset`, {
        method: 'POST',
        headers: { authorization: `Bearer ${two.info.token}` },
      }).then((answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
      }),
      /401/,
    );
  });

  const taken = async (args: string[], expected: { code: number; message: RegExp }) => {
    const before = one.processes();
    const began = performance.now();
    const { code, stderr, stdout } = await runScript('up', args, { base: one.base });
    assert.match(stderr, expected.message);
    assert.doesNotMatch(stderr, /\n {4}at /, 'a message, not a stack');
    assert.equal(code, expected.code, stdout);
    assert.equal(performance.now() - began < 5000, true, 'and not after a time-out');
    assert.deepEqual(readdirSync(one.base), ['one'], 'no run directory is left of it');
    assert.deepEqual(one.processes(), before);
    assert.equal((await one.whole()).replicas?.[0]?.life, 'shop-1#1', 'the first one is untouched');
  };

  await t.test('a second start of the same name is refused and says how to have two', () =>
    taken(['--name', 'one', ...ANY_PORTS], {
      code: 2,
      message: /^A cluster named "one" is running already \(pid [0-9]+\).*--name two/,
    }),
  );

  for (const [flag, url] of [
    ['--port', one.info.url],
    ['--control-port', one.info.controlUrl],
    ['--console-port', one.info.consoleUrl],
  ] as const) {
    await t.test(`a taken ${flag} is a clear error that names it`, () => {
      const free = ['--port', '--console-port']
        .filter((other) => other !== flag)
        .flatMap((other) => [other, '0']);
      const message = new RegExp(`Port ${portOf(url)} on 127.0.0.1 is taken. Choose another with ${flag} N`);
      return taken(['--name', 'three', '--replicas', '1', flag, portOf(url), ...free], { code: 1, message });
    });
  }
});

test('of two that start at the same time under one name, one comes up and the other is refused', async (t) => {
  const base = scratch(t);
  const both = [1, 2].map(() => launchUp(t, ['--replicas', '1'], { CARTWRECK_RUN_DIR: base }));
  const up = await waitFor('one of them to be up', () =>
    both.find((one) => one.output().includes('Cartwreck is up')),
  );
  const other = both.find((one) => one !== up);
  assert.deepEqual(await other?.ended(), { code: 2, signal: null });
  assert.match(other?.output() ?? '', /is running already/);
  const processes = up.processes();
  up.child.kill('SIGINT');
  assert.deepEqual(await up.ended(), { code: 0, signal: null });
  await waitGone(processes, 2000);
});
