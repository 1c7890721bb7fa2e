import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ownIdentity } from '../apps/agent/run-directory.ts';
import type { ClusterInfo } from '../lib/cluster.ts';
import { composeClusters } from '../lib/compose-clusters.ts';
import { everyCluster, requireCluster } from '../lib/find-cluster.ts';
import { fileInTar } from '../lib/tar.ts';

const HOME = process.cwd();

const infoOf = (name: string, runtime: 'process' | 'docker'): ClusterInfo => ({
  name,
  runtime,
  agent: runtime === 'process' ? ownIdentity() : null,
  url: 'http://127.0.0.1:8080',
  controlUrl: 'http://proxy-control:8081',
  consoleUrl: 'http://127.0.0.1:8090',
  token: 't',
  store: 'redis',
  startedAt: 1,
});

test('a cluster of containers is found through the socket, by the label of its console', async (t) => {
  const docker = await fakeDocker(t, {
    a1: tarOf('cluster.json', JSON.stringify(infoOf('class', 'docker'))),
  });
  const { clusters } = await composeClusters(docker.env);
  assert.deepEqual(clusters, [infoOf('class', 'docker')]);
  assert.deepEqual(docker.asked(), [
    '/containers/json?filters={"label":["cartwreck.part=console"],"status":["running"]}',
    '/containers/a1/archive?path=/secrets/control/cluster.json',
  ]);
});

test('a cluster that is still starting, and rubbish, are passed over', async (t) => {
  const docker = await fakeDocker(t, {
    young: null,
    rubbish: tarOf('cluster.json', '{'),
    nothing: tarOf('cluster.json', 'null'),
    cut: tarOf('cluster.json', 'x'.repeat(2000)).subarray(0, 600),
  });
  assert.deepEqual((await composeClusters(docker.env)).clusters, []);
});

test('one of processes and one of containers: the name decides, and two of one name are an error', async (t) => {
  const docker = await fakeDocker(t, { a1: tarOf('f', JSON.stringify(infoOf('class', 'docker'))) });
  inFolderWith(t, 'home');
  await assert.rejects(
    requireCluster(docker.env),
    /2 clusters are running: say which with --name home or --name class/,
  );
  assert.equal((await requireCluster(docker.env, 'class')).runtime, 'docker');
  assert.equal((await requireCluster(docker.env, 'home')).runtime, 'process');
  inFolderWith(t, 'class');
  await assert.rejects(
    requireCluster(docker.env, 'class'),
    /Two clusters named "class" are running, one of processes and one of containers\. End one/,
  );
});

test('CARTWRECK_RUN_DIR says where to look: Docker is not asked', async (t) => {
  const docker = await fakeDocker(t, { a1: tarOf('f', JSON.stringify(infoOf('class', 'docker'))) });
  const { clusters } = await everyCluster({ ...docker.env, CARTWRECK_RUN_DIR: scratch(t) });
  assert.deepEqual([clusters, docker.asked()], [[], []]);
});

for (const [what, env, expected] of [
  [
    'another machine',
    { DOCKER_HOST: 'tcp://10.1.1.1:2375' },
    /not Docker, because DOCKER_HOST is another machine: .*CARTWRECK_DOCKER_REMOTE=1/,
  ],
  [
    'another machine by ssh, allowed',
    { DOCKER_HOST: 'ssh://you@there', CARTWRECK_DOCKER_REMOTE: '1' },
    /only unix:\/\/ and tcp:\/\//,
  ],
  ['no Docker running', { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }, /Docker, which is not running/],
] as const) {
  test(`${what}: no cluster is found there, and the message says why`, async () => {
    await assert.rejects(requireCluster(env, 'nobody-is-called-so'), expected);
  });
}

test('an engine that refuses or never answers is no cluster', async (t) => {
  const server = createServer((_req, res) => void res.writeHead(500).end());
  const socket = join(scratch(t), 's');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => server.close());
  const { clusters, looked } = await composeClusters({ DOCKER_HOST: `unix://${socket}` });
  assert.deepEqual([clusters, looked], [[], 'Docker, which did not answer: answered 500']);
});

test('the file in a tar archive is found behind the attributes that may stand before it', () => {
  const attributes = tarOf('PaxHeaders/cluster.json', '30 mtime=1795270158.627000000\n', 'x').subarray(
    0,
    1024,
  );
  assert.equal(fileInTar(Buffer.concat([attributes, tarOf('cluster.json', 'hello')]))?.toString(), 'hello');
  assert.equal(fileInTar(Buffer.alloc(1024)), null);
  assert.equal(fileInTar(Buffer.from('no archive')), null);
});

/** Answers as Docker does; null = the container has no such file. */
async function fakeDocker(t: TestContext, consoles: Record<string, Buffer | null>) {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(decodeURIComponent(req.url ?? ''));
    if (req.url?.startsWith('/containers/json'))
      return void res.end(JSON.stringify(Object.keys(consoles).map((Id) => ({ Id }))));
    const archive = consoles[req.url?.split('/')[2] ?? ''];
    return void (archive ? res.end(archive) : res.writeHead(404).end());
  });
  const socket = join(scratch(t), 'docker.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => server.close());
  return { env: { DOCKER_HOST: `unix://${socket}` }, asked: () => asked };
}

/** A tar archive of one file, by the book. */
function tarOf(name: string, content: string, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}

/** The folder that scripts run in, with a running cluster of processes. */
function inFolderWith(t: TestContext, name: string): void {
  const folder = scratch(t);
  mkdirSync(join(folder, '.cartwreck', name), { recursive: true });
  writeFileSync(join(folder, '.cartwreck', name, 'cluster.json'), JSON.stringify(infoOf(name, 'process')));
  process.chdir(folder);
  t.after(() => process.chdir(HOME));
}

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cw-find-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
