import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait.ts';

/** A store process of this test's own, on loopback, gone when the test ends. */
export interface RedisServer {
  url: string;
  port: number;
  /** of the life under way; another one after `restart` */
  readonly pid: number;
  /** SIGKILL, awaited. */
  kill(): Promise<void>;
  /** A new life on the same port, awaited until it answers. */
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT: the port still accepts, nothing answers. */
  pause(): void;
  resume(): void;
}

/** True where the store is the stand-in: no redis-server on the PATH, or CARTWRECK_TEST_REDIS=embedded. */
export const usesEmbeddedRedis = (): boolean =>
  process.env.CARTWRECK_TEST_REDIS === 'embedded' ||
  !(process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'redis-server')));

/** `onDisk`: what was acknowledged survives a kill (real redis-server only). */
export async function startRedis(t: TestContext, options: { onDisk?: boolean } = {}): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-redis-'));
  const launch = () => (usesEmbeddedRedis() ? spawnEmbedded(port) : spawnReal({ port, folder, ...options }));
  let child = launch();
  t.after(async () => {
    await kill(child);
    rmSync(folder, { recursive: true, force: true });
  });
  await waitFor('the store to answer a ping', () => ping(port));

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    kill: () => kill(child),
    restart: async () => {
      await kill(child);
      child = launch();
      await waitFor('the store to answer a ping again', () => ping(port));
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

function spawnReal(options: { port: number; folder: string; onDisk?: boolean }): ChildProcess {
  const settings = {
    port: String(options.port),
    bind: '127.0.0.1',
    dir: options.folder,
    save: '',
    appendonly: options.onDisk === true ? 'yes' : 'no',
    // With everysec Redis may hold a write back for up to 2 s while the disk is busy, after it has acknowledged it.
    appendfsync: 'always',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return spawn('redis-server', flags, { stdio: 'ignore' });
}

function spawnEmbedded(port: number): ChildProcess {
  const main = fileURLToPath(new URL('../../apps/agent/store/embedded.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', main], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, PORT: String(port) },
  });
}

/** A paused process takes SIGKILL at once, so nothing needs resuming first. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** redis-server takes no port 0. Another process could take this one in between; the ping would then time out. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function ping(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    socket.setTimeout(500, () => socket.destroy(new Error('no pong')));
    socket.write('*1\r\n$4\r\nPING\r\n');
    const [reply] = await once(socket, 'data');
    return String(reply).startsWith('+PONG');
  } finally {
    socket.destroy();
  }
}
