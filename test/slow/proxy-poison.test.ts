import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callApi } from '../../lib/call.ts';
import type { SettingValue, UpstreamAddress } from '../../proxy/contract.ts';
import { send } from '../support/client.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { startProxyProcess } from '../support/proxy-process.ts';

/** One more than a request is sent to at the most: somebody survives, and serves the others. */
const REPLICAS = ['shop-1', 'shop-2', 'shop-3', 'shop-4'];
const PATIENCE = ['--check-timeout', '10s', '--connect-timeout', '10s', '--first-byte-timeout', '20s'];

const POISON: [method: string, retry: SettingValue<'retry'>, killed: number][] = [
  ['GET', 'off', 1],
  ['GET', 'unsent', 1],
  ['POST', 'unsent', 1],
  ['POST', 'idempotent', 1],
  ['GET', 'idempotent', 3],
  ['POST', 'reckless', 3],
];

test('a request that crashes each replica it meets', async (t) => {
  const proxy = await startProxyProcess(t, PATIENCE);
  const replicas = startReplicas(t);
  for (const [method, retry, killed] of POISON) {
    await t.test(
      `kills ${killed} of four with retry ${retry} if it is a ${method}, and no more`,
      async () => {
        await proxy.place(await replicas.all());
        await callApi(`${proxy.controlUrl}/settings`, { method: 'PATCH', body: { retry } });
        const answer = await send(proxy.port, { method, path: '/poison' });
        assert.equal(answer.status, 502);
        assert.equal(answer.headers['x-upstream-sent'], '1', 'it may have been done, and it was');
        const tried = String(answer.headers['x-attempts'])
          .split(',')
          .map((text) => text.trim().split(':')[0]);
        assert.equal(tried.length, killed);
        // Each that was tried is dead, …
        for (const id of tried) assert.equal(await replicas.exit(String(id)), 1);
        // … and each of the others answers.
        for (const id of REPLICAS.filter((id) => !tried.includes(id))) assert.ok(replicas.runs(id), id);
        assert.equal((await send(proxy.port)).status, 200);
      },
    );
  }
  assert.equal(proxy.errors(), '');
  assert.deepEqual((await proxy.holdings()).defects, []);
});

function startReplicas(t: TestContext) {
  const running = new Map<string, TestProcess>();
  const addresses = new Map<string, UpstreamAddress>();
  const runs = (id: string) => running.get(id)?.child.exitCode === null;
  let life = 0;
  const start = async (id: string) => {
    const replica = startProcess(t, ['test/support/frail-replica.ts']);
    running.set(id, replica);
    const port = await replica.message<number>();
    addresses.set(id, { id, life: `${id}#${++life}`, host: '127.0.0.1', port });
  };
  return {
    runs,
    exit: (id: string) => running.get(id)?.exit(),
    /** Where they are, those that died as new lives. */
    async all(): Promise<UpstreamAddress[]> {
      await Promise.all(REPLICAS.filter((id) => !runs(id)).map(start));
      return [...addresses.values()];
    },
  };
}
