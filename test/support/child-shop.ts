import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { TestUpstream } from './upstream.ts';

/** A replica in a process of its own, to be killed, frozen and stopped as the operating system does it. */
export interface ChildShop extends Pick<TestUpstream, 'address'> {
  /** Resolves when the next request to /slow has come, which is answered only once the process is asked to stop. */
  slow(): Promise<unknown>;
  /** SIGKILL: gone at once, as in a crash. Resolves when it is. */
  kill(): Promise<unknown>;
  /** SIGSTOP: it does nothing any more, and the kernel goes on accepting connections for it. */
  freeze(): void;
  /** SIGCONT */
  thaw(): void;
  /** SIGTERM: it takes no more connections and finishes what is under way. Resolves when it takes none. */
  stop(): Promise<unknown>;
}

const PROGRAM = `
  const [id, life] = process.argv.slice(1);
  const slow = [];
  const server = require('node:http').createServer((req, res) => {
    res.setHeader('x-boot-id', life);
    if (req.url !== '/slow') return res.end(id);
    slow.push(res);
    process.send('slow');
  });
  process.on('SIGTERM', () => {
    server.close(() => process.disconnect());
    process.send('stopped');
    server.closeIdleConnections();
    for (const res of slow) res.setHeader('connection', 'close').end(id);
  });
  process.on('disconnect', () => process.exit(0));
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
`;

export async function startChildShop(t: TestContext, id: string): Promise<ChildShop> {
  const life = `${id}#1`;
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const child = spawn(process.execPath, ['-e', PROGRAM, id, life], { stdio: [...stdio] });
  const gone = once(child, 'exit');
  t.after(() => {
    child.kill('SIGKILL');
    return gone;
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    address: { id, life, host: '127.0.0.1', port },
    slow: () => once(child, 'message'),
    kill() {
      child.kill('SIGKILL');
      return gone;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop() {
      child.kill('SIGTERM');
      return once(child, 'message');
    },
  };
}
