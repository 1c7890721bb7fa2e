import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FaultView } from '../../apps/agent/contract.ts';
import { runScript, scratch, startTestCluster } from '../support/cluster.ts';

/** Wrong commands that need no cluster to be refused. */
const MISTAKES: [words: string[], says: RegExp][] = [
  [[], /npm run chaos -- <verb>/],
  [['explode', 'shop-1'], /unknown verb "explode"[\s\S]*kill shop-2/],
  [['toString'], /unknown verb "toString"/],
  [['kill'], /kill what\?/],
  [['kill', 'shop-1', 'shop-2'], /kill does not take "shop-2"/],
  [['redis', 'kill', 'now'], /kill does not take "now"/],
  [['kill', 'proxy'], /kill cannot be aimed at proxy/],
  [['stop', 'redis'], /stop cannot be aimed at redis/],
  [['kill', 'shop-1', '--drain', '1s'], /kill takes no --drain/],
  [['restart', 'shop-1', '--for', '1s'], /restart takes no --for/],
  [['status', 'shop-1'], /status does not take "shop-1"/],
  [['scale'], /scale to how many\?/],
  [['scale', 'five'], /got "five"/],
  [['stop', 'shop-1', '--grace', 'long'], /--grace: .*"long"/],
  [['fault'], /which fault\?/],
  [['fault', 'host.burn', 'shop-1'], /unknown fault "host.burn"; there are replica.kill/],
  [['fault', 'replica.kill', 'shop-1', 'now'], /fault does not take "now"/],
  [['fault', 'replica.stop', 'shop-1', '--with', 'graceMs'], /--with: expected name=value.*got "graceMs"/],
  [['fault', 'replica.stop', 'shop-1', '--with', 'graceMs=soon'], /--with graceMs: .*"soon"/],
  [['emergency', 'shop-1'], /emergency does not take "shop-1"/],
  [['deploy', '--strategy', 'blue-green'], /--strategy: expected one of in-place, surge, recreate-all/],
  [['kill', 'shop-1', '--loud'], /Unknown option '--loud'.*Known flags: --for/],
];

test('without a cluster every command says how to start one', async (t) => {
  const base = scratch(t);
  for (const script of ['chaos', 'mode'] as const) {
    const { code, stderr } = await runScript(script, script === 'chaos' ? ['status'] : [], { base });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^No cluster is running \(looked in .*\)\. Start one with: npm start, or docker compose up\n$/,
    );
  }
});

test('chaos, from the command line', async (t) => {
  const cluster = await startTestCluster(t, { replicas: 2 });
  const chaos = async (...words: string[]) => runScript('chaos', words, { base: cluster.base });
  /** One that must succeed; resolves to what it printed. */
  const ok = async (...words: string[]) => {
    const { code, stdout, stderr } = await chaos(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const newest = async () => (await cluster.state()).faults.at(-1) as FaultView;

  await t.test('mistakes are exit code 2 and a sentence, and nothing happens', async () => {
    const runs = await Promise.all(MISTAKES.map(([words]) => chaos(...words)));
    for (const [index, { code, stdout, stderr }] of runs.entries()) {
      const [words, says] = MISTAKES[index] ?? [[], /never/];
      assert.match(stderr, says, words.join(' '));
      assert.deepEqual([code, stdout], [2, ''], words.join(' '));
    }
    assert.deepEqual((await cluster.state()).faults, []);
  });

  await t.test('what the cluster refuses is exit code 1 and its own words', async () => {
    const refused: [string[], RegExp][] = [
      [['kill', 'shop-9'], /"shop-9"; it can at shop-1, shop-2 or random/],
      [['kill', 'shop-1', '--for', 'ever'], /for: .*"ever"/],
      [['scale', '0'], /1 to 16/],
      [['undo', 'f99'], /no fault "f99"/],
      [['deploy', '--drain', 'slowly'], /drain: .*"slowly"/],
    ];
    const runs = await Promise.all(refused.map(([words]) => chaos(...words)));
    for (const [index, { code, stderr }] of runs.entries()) {
      const [words, says] = refused[index] ?? [[], /never/];
      assert.match(stderr, says);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
      assert.equal(code, 1, words.join(' '));
    }
    assert.equal(await ok('undo'), 'Nothing to undo: no fault is active.\n');
  });

  await t.test('kill, status and undo', async () => {
    assert.match(
      await ok('kill', 'shop-2'),
      /^shop-2: replica\.kill done \(f1\); mend it with: npm run chaos -- undo f1\n$/,
    );
    const status = await ok('status');
    assert.match(status, /^affinity none, sessions memory, epoch 1$/m);
    assert.match(status, /^shop-1 +shop-1#1 +ready +pid [0-9]+ +proxy says up, [0-9]+ requests$/m);
    assert.match(status, /^shop-2 +shop-2#1 +exited/m);
    assert.match(status, /^f1 +replica\.kill shop-2: active/m);
    const again = await chaos('kill', 'shop-2');
    assert.deepEqual([again.code, again.stderr], [1, 'cannot kill shop-2: it is exited, not running\n']);
    assert.equal(await ok('undo'), 'f1 undone: replica.kill shop-2\n');
    await cluster.whole();
  });

  await t.test('what comes back by itself is waited for and timed', async (t) => {
    const serves = /serves again, [0-9.]+ m?s after the fault\n$/;
    const runs: [string[], RegExp][] = [
      [['kill', 'shop-1', '--for', '0s'], /shop-1#2 /],
      [['pause', 'shop-2', '--for', '200ms'], /shop-2#2 /],
      [['stop', 'shop-1', '--grace', '100ms', '--for', '50ms'], /shop-1#3 /],
      [['restart', 'shop-2'], /shop-2#3 /],
    ];
    for (const [words, life] of runs) {
      const began = performance.now();
      const stdout = await ok(...words);
      assert.match(stdout, serves);
      assert.match(stdout, life);
      assert.equal(performance.now() - began < 8000, true, `${words.join(' ')} does not wait for a time-out`);
      t.diagnostic(stdout.trim().split('\n').at(-1) ?? '');
    }
  });

  await t.test('redis and proxy, in either order of words', async () => {
    assert.match(await ok('redis', 'kill'), /^redis: store\.kill done/);
    assert.equal((await cluster.state()).store?.member?.state, 'exited');
    assert.match(await ok('status'), /^store .*: exited$/m);
    await ok('undo', (await newest()).id);
    await ok('pause', 'redis', '--for', '50ms');
    assert.match(await ok('restart', 'redis'), /store\.restart done/);
    assert.match(await ok('proxy', 'restart'), /^proxy: proxy\.restart done/);
    await cluster.whole();
  });

  await t.test('any fault by its name, with its words; a dry run only tells', async () => {
    const faults = await ok('faults');
    assert.match(faults, /^replica\.stop +shop +SIGTERM.*\n +--with graceMs=5000; undo: starts it again$/m);
    const dry = await ok('fault', 'replica.stop', 'all', '--with', 'graceMs=1s', '--dry-run');
    assert.match(dry, /^Nothing is done\. replica\.stop would hit shop-[12], shop-[12]:$/m);
    assert.match(dry, /^ {2}SIGTERM shop-1, SIGKILL after 1000 ms$/m);
    assert.match(dry, /^Its undo starts it again\.$/m);
    const { state } = await newest();
    assert.match(await ok('kill', '50%', '--for', '0s'), /^shop-[12]: replica\.kill done.*serves again/s);
    assert.notEqual((await newest()).state, state === 'active' ? 'undone' : 'active');
    const floor = await chaos('kill', 'random', '--min-healthy', '2');
    assert.equal(floor.code, 1);
    assert.match(floor.stderr, /would leave 1 of 2 ready shops, and at least 2 must stay/);
    assert.match(
      await ok('fault', 'replica.pause', 'shop-1'),
      /done \(f[0-9]+\); mend it with: npm run chaos -- undo f[0-9]+ \(or by itself after 10 min\)\n$/,
    );
    await ok('undo');
    const none = await chaos('kill', 'most-carts');
    assert.deepEqual([none.code, none.stdout], [1, '']);
    assert.match(none.stderr, /no replica holds a cart yet/);
    const client = await chaos('fault', 'client.whale');
    assert.match(client.stderr, /none reports: start one with npm run load/);
    await cluster.whole();
  });

  await t.test('the emergency stop, by whatever name, until it is armed', async () => {
    await ok('pause', 'shop-1');
    await ok('kill', 'shop-2');
    assert.match(await ok('halt'), /^Stopped: 2 faults undone\. No new ones until: npm run chaos -- arm\n$/);
    assert.match(await ok('status'), /^stopped: no fault is injected until npm run chaos -- arm$/m);
    const refused = await chaos('kill', 'shop-1');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /emergency stop was pressed/);
    assert.equal(await ok('arm'), 'Armed: faults are allowed again.\n');
    await cluster.whole();
  });

  await t.test('a random target is named', async () => {
    assert.match(await ok('pause', 'random'), /^shop-[12]: replica\.pause done/);
    await ok('undo');
  });

  await t.test('a rolling deploy tells its phases, scaling shows the result, reset its time', async () => {
    const phases = await ok('deploy', '--rolling', '--drain', '50ms');
    assert.equal(phases.trimEnd().split('\n').length, 6, phases);
    assert.match(phases, /2 of 2/);
    assert.match(await ok('scale', '3'), /^shop-3 +shop-3#1 +ready/m);
    assert.match(await ok('reset'), /^Ready again after [0-9]+ ms\.\n$/);
    assert.equal((await cluster.whole()).replicas?.length, 2);
  });

  await t.test('a deploy that fails is exit code 1', async () => {
    const [deploy] = await Promise.all([chaos('deploy', '--drain', '30s'), cancelDeploy()]);
    assert.equal(deploy.code, 1, deploy.stdout);
    assert.match(deploy.stdout, /cancelled by a reset/);

    async function cancelDeploy(): Promise<void> {
      const { waitFor } = await import('../support/wait.ts');
      await waitFor('the deploy to run', async () => (await cluster.state()).deploy?.state === 'running');
      await cluster.api('POST', '/reset', {});
    }
  });

  await t.test('a proxy that does not answer is said so', async () => {
    const pid = cluster.pidOf('proxy/main.js');
    process.kill(pid, 'SIGSTOP');
    try {
      const status = await ok('status');
      assert.match(status, /^the proxy does not answer: its settings are not known$/m);
      assert.match(status, /^shop-1 .*the proxy does not know it$/m);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await cluster.whole();
  });

  await t.test('mode shows the settings, changes them, and prints what the proxy then says', async () => {
    const mode = (...words: string[]) => runScript('mode', words, { base: cluster.base });
    const shown = await mode();
    assert.equal(shown.code, 0);
    assert.match(shown.stdout, /^affinity +none$/m);
    const { epoch = 0 } = (await cluster.state()).settings ?? {};
    const changed = await mode('affinity=cookie', 'sessions=redis');
    assert.equal(changed.code, 0, changed.stderr);
    assert.match(changed.stdout, /^affinity +cookie {3}\(was none\)$/m);
    assert.match(changed.stdout, /^sessions +redis {3}\(was memory\)$/m);
    assert.match(changed.stdout, new RegExp(`^epoch +${epoch + 1} {3}\\(was ${epoch}\\)$`, 'm'));
    const mistakes: [string, number, RegExp][] = [
      [
        'affinity=glue',
        1,
        /affinity: expected one of none, cookie, ip-hash, session-hash, table, connection, got "glue"/,
      ],
      ['affinty=cookie', 1, /affinty/],
      ['cookie', 2, /expected name=value such as affinity=cookie, got "cookie"/],
      ['affinity=', 2, /got "affinity="/],
      ['a=b=c', 2, /got "a=b=c"/],
      ['--affinity=cookie', 2, /Unknown option/],
    ];
    const runs = await Promise.all(mistakes.map(([word]) => mode(word)));
    for (const [index, { code, stdout, stderr }] of runs.entries()) {
      const [word, expected, says] = mistakes[index] ?? ['', 0, /never/];
      assert.match(stderr, says, word);
      assert.deepEqual([code, stdout], [expected, ''], word);
    }
    assert.equal((await cluster.state()).settings?.epoch, epoch + 1, 'nothing else changed');
  });

  await t.test('with two clusters the name has to be said', async () => {
    const other = join(cluster.base, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'cluster.json'), JSON.stringify({ ...cluster.info, name: 'other' }));
    for (const script of ['chaos', 'mode'] as const) {
      const words = script === 'chaos' ? ['status'] : [];
      const unnamed = await runScript(script, words, { base: cluster.base });
      assert.deepEqual([unnamed.code, unnamed.stdout], [2, '']);
      assert.match(unnamed.stderr, /2 clusters are running: say which with --name cartwreck or --name other/);
      const named = await runScript(script, [...words, '--name', 'cartwreck'], { base: cluster.base });
      assert.equal(named.code, 0, named.stderr);
      const unknown = await runScript(script, [...words, '--name', 'third'], { base: cluster.base });
      assert.equal(unknown.code, 2);
      assert.match(unknown.stderr, /No cluster named "third" is running/);
    }
    rmSync(other, { recursive: true });
  });
});
