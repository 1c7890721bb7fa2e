import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type Docker from 'dockerode';
import { connectDocker } from '../../apps/agent/runtime/docker/connect.ts';
import { LABEL } from '../../apps/agent/runtime/docker/guard.ts';
import type { Behaviour } from './runtime-contract.ts';

/** Those that compose uses too; nothing is pulled. */
export const NODE_IMAGE = 'node:24-bookworm-slim';
export const REDIS_IMAGE = 'redis:7-alpine';
export const SHOP_PORT = 8080;
/** On everything a test makes and on what is copied from it, whatever project it claims to belong to. */
const TEST_LABEL = 'cartwreck.test';

/** Why tests with containers cannot run here; false: they can. With CARTWRECK_REQUIRE_DOCKER=1 they run, and fail. */
export const SKIP_DOCKER: string | false =
  process.env.CARTWRECK_REQUIRE_DOCKER === '1' ? false : await whyNot();

async function whyNot(): Promise<string | false> {
  try {
    const docker = await connectDocker(process.env);
    for (const image of [NODE_IMAGE, REDIS_IMAGE]) await docker.getImage(image).inspect();
    return false;
  } catch (error) {
    return `no containers here: ${(error as Error).message}`;
  }
}

/**
 * A shop in a few lines: it asks Docker's DNS which one it is and counts its starts, as the real one does, dies by itself
 * at /crash, and behaves as the mounted file says.
 */
const SMALL_SHOP = `
const { readFileSync, writeFileSync } = require('node:fs');
const { networkInterfaces } = require('node:os');
const read = (file) => { try { return readFileSync(file, 'utf8'); } catch { return ''; } };
const boot = Number(read('/tmp/boots')) + 1;
writeFileSync('/tmp/boots', String(boot));
const behaviour = read('/behaviour/now');
if (behaviour === 'broken') {
  console.log('one shelf, two shelves');
  console.error('the shelf is broken');
  process.exit(3);
}
process.on('SIGTERM', () => behaviour === 'deaf' || process.exit(0));
const own = Object.values(networkInterfaces()).flat().find(({ internal }) => !internal).address;
const record = own.split('.').reverse().join('.') + '.in-addr.arpa';
require('node:dns').promises.resolvePtr(record).then(([name]) => {
  const number = /[-_]([0-9]+)[.]/.exec(name)[1];
  require('node:http').createServer((req, res) => {
    if (req.url === '/crash') process.kill(process.pid, 'SIGKILL');
    res.setHeader('x-boot-id', 'shop-' + number + '#' + boot).end();
  }).listen(${SHOP_PORT});
});
`;

/** What `docker compose` would have made, without compose: a project with a network, and containers with its labels. */
export interface DockerProject {
  docker: Docker;
  project: string;
  /** Makes a network as compose calls it; "mesh" is there already. Resolves to its full name. */
  network(name: string): Promise<string>;
  /** How the next starts of the shops are. */
  behave(behaviour: Behaviour): void;
  /** Creates a container, not started: a small shop unless `more` says otherwise. */
  create(service: string, number: number, more?: Docker.ContainerCreateOptions): Promise<Docker.Container>;
}

/** Everything is removed when the test ends. */
export async function openProject(t: TestContext): Promise<DockerProject> {
  const docker = await connectDocker(process.env);
  const project = `cwtest${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-'));
  chmodSync(folder, 0o755);
  t.after(async () => {
    await removeAll(docker, project);
    rmSync(folder, { recursive: true });
  });
  const createNetwork = async (name: string) => {
    const Name = `${project}_${name}`;
    await docker.createNetwork({ Name, Labels: { [TEST_LABEL]: project } });
    return Name;
  };
  const mesh = await createNetwork('mesh');
  return {
    docker,
    project,
    network: createNetwork,
    behave: (behaviour) => writeFileSync(join(folder, 'now'), behaviour),
    create: (service, number, more = {}) =>
      docker.createContainer({
        Image: NODE_IMAGE,
        Entrypoint: ['node', '-e', SMALL_SHOP],
        ...more,
        name: more.name ?? `${project}_${service}_${number}`,
        Labels: {
          [TEST_LABEL]: project,
          [LABEL.project]: project,
          [LABEL.service]: service,
          [LABEL.number]: String(number),
          [LABEL.oneoff]: 'False',
          ...more.Labels,
        },
        HostConfig: {
          Init: true,
          RestartPolicy: { Name: 'unless-stopped' },
          NetworkMode: mesh,
          Binds: [`${folder}:/behaviour:ro`],
          ...more.HostConfig,
        },
        NetworkingConfig: {
          EndpointsConfig: { [mesh]: { Aliases: [service] } },
          ...more.NetworkingConfig,
        },
      }),
  };
}

async function removeAll(docker: Docker, project: string): Promise<void> {
  const filters = { label: [`${TEST_LABEL}=${project}`] };
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
}
