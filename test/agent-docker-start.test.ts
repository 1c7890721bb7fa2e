import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { firstCart } from '../apps/agent/first-cart.ts';
import { createGate } from '../apps/agent/gate.ts';
import { freePort } from '../apps/agent/members.ts';
import { startProcess } from './support/process.ts';
import { waitFor } from './support/wait.ts';

/** The agent of docker-compose.yml, as far as it goes without Docker. */
async function startWithoutDocker(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'cw-agent-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const name of ['cluster', 'control', 'state']) mkdirSync(join(root, name));
  const port = await freePort();
  const agent = startProcess(t, ['apps/agent/main.ts'], {
    DOCKER_HOST: `unix://${join(root, 'docker.sock')}`,
    CARTWRECK_API_PORT: String(port),
    CARTWRECK_SECRETS: root,
    CARTWRECK_STATE: join(root, 'state'),
    CARTWRECK_PROXY_URL: 'http://127.0.0.1:1',
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor('the agent to be alive', async () => (await fetch(`${url}/healthz`)).ok);
  return { agent, url, root };
}

test('without Docker the agent makes the secrets, is alive, and refuses every order with the reason', async (t) => {
  const { agent, url, root } = await startWithoutDocker(t);
  for (const file of ['cluster/stamp', 'cluster/run-started', 'control/token', 'control/name'])
    assert.notEqual(readFileSync(join(root, file), 'utf8'), '', file);
  const refused = await fetch(`${url}/faults`, { method: 'POST', body: '{}' });
  assert.equal(refused.status, 503);
  const { error } = (await refused.json()) as { error: { code: string; message: string } };
  assert.equal(error.code, 'not_attached');
  assert.match(
    error.message,
    /Nothing can be broken or mended: Docker at .*docker\.sock: no such socket: .*Start it/,
  );
  assert.equal(existsSync(join(root, 'control', 'cluster.json')), false, 'the scripts find no cluster');
  agent.child.kill('SIGTERM');
  assert.equal(await agent.exit(), 0);
});

test('the gate opens once, and is alive before', async () => {
  const gate = createGate();
  assert.deepEqual(
    [gate.because('no socket'), gate.because('no socket'), gate.because('other')],
    [true, false, true],
  );
});

test('the first cart is tried until the shop takes it, and not after the agent was told to end', async () => {
  const told = new AbortController();
  const trying = firstCart('http://127.0.0.1:1', told.signal);
  told.abort(new Error('told to end'));
  await assert.rejects(trying);
});
