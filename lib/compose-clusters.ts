import { existsSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ClusterInfo } from './cluster.ts';
import { fileInTar } from './tar.ts';

/**
 * Finds clusters that run as containers, with the rights of whoever asks: the console's container carries a label,
 * and in it lies the same cluster.json that a cluster of processes leaves in its run directory. Three reads of Docker's API;
 * nothing is ever changed through it here.
 */
type Env = Readonly<Record<string, string | undefined>>;

/** docker-compose.yml puts it on the console, through which everything is done. */
export const CONSOLE_LABEL = 'cartwreck.part=console';
export const CLUSTER_FILE_IN_CONTAINER = '/secrets/control/cluster.json';
const LIMIT_MS = 3000;
/** A list of containers, or one small file. */
const MAX_BYTES = 4 * 1024 * 1024;

/** `looked` says where, or why not, for an error message. A Docker that does not answer is no cluster, never an error. */
export async function composeClusters(env: Env): Promise<{ clusters: ClusterInfo[]; looked: string }> {
  const engine = engineOf(env);
  if (typeof engine === 'string') return { clusters: [], looked: engine };
  try {
    const filters = JSON.stringify({ label: [CONSOLE_LABEL], status: ['running'] });
    const list = await get(engine, `/containers/json?filters=${encodeURIComponent(filters)}`);
    const consoles = JSON.parse(list.toString()) as { Id: string }[];
    const found = await Promise.all(consoles.map(({ Id }) => readInfo(engine, Id)));
    return { clusters: found.filter((info) => info !== null), looked: 'Docker' };
  } catch (error) {
    return { clusters: [], looked: `Docker, which ${reason(error)}` };
  }
}

type Engine = Pick<RequestOptions, 'socketPath' | 'host' | 'port'>;

/** Where Docker listens, or the words for why nobody is asked. */
function engineOf(env: Env): Engine | string {
  const wish = env.DOCKER_HOST;
  if (wish)
    return wish.startsWith('unix://') ? { socketPath: wish.slice('unix://'.length) } : remote(wish, env);
  const places = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')];
  const socketPath = places.find((place) => existsSync(place));
  return socketPath === undefined ? 'Docker, which is not installed here' : { socketPath };
}

/** Somebody's server may be a shared one: it is asked only when that was said. */
function remote(wish: string, env: Env): Engine | string {
  if (env.CARTWRECK_DOCKER_REMOTE !== '1')
    return `not Docker, because DOCKER_HOST is another machine: allow it with CARTWRECK_DOCKER_REMOTE=1`;
  const { protocol, hostname, port } = URL.canParse(wish)
    ? new URL(wish)
    : { protocol: '', hostname: '', port: '' };
  if (protocol === 'tcp:' || protocol === 'http:') return { host: hostname, port: port || 2375 };
  return `not Docker, because only unix:// and tcp:// are understood in DOCKER_HOST`;
}

/** Null while the cluster is still starting. */
async function readInfo(engine: Engine, id: string): Promise<ClusterInfo | null> {
  try {
    const path = encodeURIComponent(CLUSTER_FILE_IN_CONTAINER);
    const file = fileInTar(await get(engine, `/containers/${id}/archive?path=${path}`));
    const info = JSON.parse(file?.toString() ?? 'null') as ClusterInfo | null;
    return typeof info?.consoleUrl === 'string' ? info : null;
  } catch {
    return null;
  }
}

function get(engine: Engine, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const asked = request({ ...engine, path, signal, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) asked.destroy(new Error('sent too much'));
      });
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(new Error(`answered ${answer.statusCode}`));
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES') return 'you may not ask: join the group "docker", or use sudo';
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'is not running';
  return `did not answer: ${message}`;
}
