import { spawnSync } from 'node:child_process';
import { createConnection } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ListenError } from '../../../lib/listen.ts';

/** Which store the sessions of mode redis live in. `external` is somebody else's: never started, hurt or emptied whole. */
export type StoreChoice =
  | { kind: 'server'; binary: string; words: string }
  | { kind: 'embedded'; script: string; words: string }
  | { kind: 'external'; url: string; words: string };

/** In the order they are looked for. */
const BINARIES = ['redis-server', 'valkey-server'];
const PROBE_MS = 2000;

/** Reads `--redis auto|embedded|redis://…`. Throws with what to do when the wish cannot be met. */
export async function chooseStore(wish: string, embeddedScript: URL): Promise<StoreChoice> {
  if (/^rediss?:\/\//.test(wish)) return external(wish);
  const embedded: StoreChoice = {
    kind: 'embedded',
    script: fileURLToPath(embeddedScript),
    words: 'embedded store (no redis-server or valkey-server on the PATH)',
  };
  if (wish === 'embedded') return { ...embedded, words: 'embedded store (as asked)' };
  for (const binary of BINARIES) {
    const version = versionOf(binary);
    if (version) return { kind: 'server', binary, words: `${binary} ${version}` };
  }
  return embedded;
}

function versionOf(binary: string): string | null {
  const { status, stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: PROBE_MS });
  if (status !== 0) return null;
  return /v=([0-9.]+)/.exec(stdout)?.[1] ?? 'of unknown version';
}

async function external(url: string): Promise<StoreChoice> {
  const { hostname, port } = new URL(url);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  if (!(await answersPing(address, url.startsWith('rediss:')))) {
    throw new ListenError(
      `--redis ${hideSecrets(url)}: nothing that speaks Redis answers there within ${PROBE_MS / 1000} s. ` +
        'Start it, correct the address, or use --redis auto.',
    );
  }
  return { kind: 'external', url, words: `${hideSecrets(url)} (external)` };
}

/** One PING by hand. An error reply (a password is wanted, say) is an answer too. With TLS only the connection counts. */
export function answersPing(
  address: { host: string; port: number },
  tls: boolean,
  limitMs = PROBE_MS,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(limitMs, () => settle(false));
    socket.on('error', () => settle(false));
    socket.on('connect', () => (tls ? settle(true) : socket.write('PING\r\n')));
    socket.on('data', (reply) => settle(/^[+-]/.test(reply.toString())));
    socket.on('close', () => settle(false));
  });
}

/** The address as it may be shown: without user and password. */
export const hideSecrets = (url: string): string => url.replace(/\/\/[^@/]*@/, '//…@');
