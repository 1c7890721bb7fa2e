import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectDocker, endpointOf } from '../../apps/agent/runtime/docker/connect.ts';
import { ownContainer } from '../../apps/agent/runtime/docker/self.ts';
import { ExpectedError } from '../../lib/main.ts';
import { openProject, SKIP_DOCKER } from '../support/docker-project.ts';
import { watchProject } from '../support/docker-runtime.ts';
import { refusal } from '../support/runtime-contract.ts';
import { waitFor } from '../support/wait.ts';

const options = { skip: SKIP_DOCKER };

/** A wire to Docker that can be cut, as an engine that is restarted cuts it. */
interface Wire {
  path: string;
  /** Nobody listens any more, and every connection is cut. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

async function wireToDocker(t: TestContext): Promise<Wire> {
  const endpoint = endpointOf(process.env);
  assert.ok('socket' in endpoint, 'a socket');
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-'));
  const path = join(folder, 'docker.sock');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const engine = connect(endpoint.socket);
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  const mend = async () => {
    server.listen(path);
    await once(server, 'listening');
  };
  const cut = async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    if (server.listening) await once(server, 'close');
  };
  await mend();
  t.after(async () => {
    await cut();
    rmSync(folder, { recursive: true, force: true });
  });
  return { path, cut, mend };
}

test('when Docker was away, what happened meanwhile is found out, once', options, async (t) => {
  const project = await openProject(t);
  const wire = await wireToDocker(t);
  const docker = await connectDocker({ DOCKER_HOST: `unix://${wire.path}` });
  const [first, second] = await Promise.all([project.create('shop', 1), project.create('shop', 2)]);
  await Promise.all([first.start(), second.start()]);
  const under = watchProject(t, project, { docker });
  await under.runtime.attach();
  const stateOf = (id: string) => under.runtime.members().find((member) => member.id === id)?.state;
  await waitFor('both ready', () => stateOf('shop-1') === 'ready' && stateOf('shop-2') === 'ready');
  under.events.length = 0;

  await wire.cut();
  await waitFor('the trouble to be told', () => under.troubles.length > 0);
  await assert.rejects(
    under.runtime.kill('shop-2'),
    refusal('failed', /Docker could not inspect.*(ENOENT|ECONN)/),
  );
  await first.kill();
  await second.restart({ t: 1 });
  await wire.mend();
  await waitFor('the second life of shop-2', async () => (await under.ask('shop-2')) === 'shop-2#2');
  await waitFor('all of it to be told', () => under.events.length >= 4);
  const told = under.events.map((event) => ('life' in event ? `${event.life} ${event.type}` : event.type));
  assert.deepEqual(told.sort(), [
    'shop-1#1 replica.exited',
    'shop-2#1 replica.exited',
    'shop-2#2 replica.ready',
    'shop-2#2 replica.started',
  ]);

  // And events flow again: no later look would be this soon.
  await first.start();
  await waitFor('the next life of shop-1', () => stateOf('shop-1') === 'ready');
  assert.equal(await under.ask('shop-1'), 'shop-1#2');
});

test('no Docker there: the endpoint and the next step are told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const nowhere = { DOCKER_HOST: `unix://${folder}/docker.sock` };
  await assert.rejects(connectDocker(nowhere), (error) => {
    assert.ok(error instanceof ExpectedError);
    assert.match(error.message, /docker\.sock: no such socket: .*Start it/);
    return true;
  });
});

test('a program that is no container of a compose project is told so', options, async (t) => {
  const { docker, project, create } = await openProject(t);
  await assert.rejects(
    ownContainer(docker, `${project}-nobody`),
    /expected to run as a container of a compose/,
  );
  const { id } = await create('agent', 1);
  assert.deepEqual(await ownContainer(docker, id.slice(0, 12)), { id, project });
});
