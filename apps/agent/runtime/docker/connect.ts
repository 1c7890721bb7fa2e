import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { ExpectedError } from '../../../../lib/main.ts';

type Env = Readonly<Record<string, string | undefined>>;

const DEFAULT_SOCKET = '/var/run/docker.sock';
/** Where engines listen that do not use the default: rootless Docker, Docker Desktop, Colima, Podman. */
const otherSockets = (env: Env): string[] => [
  ...(env.XDG_RUNTIME_DIR ? [`${env.XDG_RUNTIME_DIR}/docker.sock`] : []),
  join(homedir(), '.docker/run/docker.sock'),
  join(homedir(), '.colima/default/docker.sock'),
  ...(env.XDG_RUNTIME_DIR ? [`${env.XDG_RUNTIME_DIR}/podman/podman.sock`] : []),
];

/** The version whose answers this code was written for; an engine that speaks only others gets its nearest. */
export const WANTED_API = '1.41';
/** Docker 19.03. Older ones answer differently and are not maintained. */
const OLDEST_API = '1.40';

export type Endpoint = { socket: string } | { remote: string };

/**
 * Docker's API at the endpoint that the environment names, answering and with its version settled. Throws ExpectedError
 * with what to do next: not local, no socket, no permission, nobody behind it, too old.
 */
export async function connectDocker(env: Env): Promise<Docker> {
  const endpoint = endpointOf(env);
  const versions = await open(endpoint)
    .version()
    .catch((error: NodeJS.ErrnoException) => {
      throw new ExpectedError(unreachable(endpoint, error, otherSockets(env).filter(existsSync)));
    });
  return open(endpoint, apiVersion(versions));
}

/**
 * Whoever reaches this socket is root on its machine. So it is the one of this machine; another's only when that was
 * said. Throws ExpectedError.
 */
export function endpointOf(env: Env): Endpoint {
  const wish = env.DOCKER_HOST;
  if (!wish) return { socket: DEFAULT_SOCKET };
  if (wish.startsWith('unix://')) return { socket: wish.slice('unix://'.length) || DEFAULT_SOCKET };
  if (env.CARTWRECK_DOCKER_REMOTE === '1') return { remote: wish };
  throw new ExpectedError(
    `DOCKER_HOST is ${wish}: not a socket of this machine, and containers there would be killed. ` +
      'Unset it, or set CARTWRECK_DOCKER_REMOTE=1 when that machine is meant.',
  );
}

/** Of the versions that the engine speaks, the one nearest to ours. Throws ExpectedError when all are too old. */
export function apiVersion({
  ApiVersion,
  MinAPIVersion,
}: {
  ApiVersion: string;
  MinAPIVersion?: string;
}): string {
  if (minor(ApiVersion) < minor(OLDEST_API)) {
    throw new ExpectedError(
      `this Docker speaks API ${ApiVersion}; ${OLDEST_API} or newer is needed (Docker 19.03). Update it.`,
    );
  }
  const newest = Math.min(minor(ApiVersion), minor(WANTED_API));
  return `v1.${Math.max(newest, minor(MinAPIVersion ?? OLDEST_API))}`;
}

const minor = (version: string): number => Number(version.split('.')[1]);

function open(endpoint: Endpoint, version?: string): Docker {
  const settled = version === undefined ? {} : { version };
  // The library reads DOCKER_HOST by itself, with TLS and ssh.
  if ('remote' in endpoint) return new Docker(settled);
  // `host` because it would win over the socket when the library found one in DOCKER_HOST.
  return new Docker({ socketPath: endpoint.socket, host: '', protocol: 'http', ...settled });
}

/** Why an engine could not be reached, and what to do. `others`: sockets that are there. */
export function unreachable(
  endpoint: Endpoint,
  { code, message }: { code?: string | undefined; message: string },
  others: readonly string[],
): string {
  if ('remote' in endpoint)
    return `Docker at ${endpoint.remote} does not answer: ${message}. Is DOCKER_HOST right, and does it run there?`;
  const { socket } = endpoint;
  const elsewhere = others
    .filter((other) => other !== socket)
    .map((other) => ` There is ${other}: try DOCKER_HOST=unix://${other}`);
  const advice: Record<string, string> = {
    ENOENT:
      'no such socket: Docker is not installed or not started. ' +
      'Start it, or name the socket, e.g. DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock for rootless Docker.',
    EACCES:
      'no permission. Join the group docker (sudo usermod -aG docker $USER, then log in again), or use rootless Docker.',
    ECONNREFUSED: 'nobody listens there: Docker is not running. Start it (sudo systemctl start docker).',
  };
  return `Docker at ${socket}: ${advice[code ?? ''] ?? `it does not answer: ${message}`}${elsewhere[0] ?? ''}`;
}
