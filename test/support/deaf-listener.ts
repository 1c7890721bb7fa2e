import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';

/**
 * A server that can stop taking connections for good, as a host does that vanished: its thread sleeps, the queue of the
 * kernel is filled, and further connects get no answer at all.
 */
export interface DeafListener {
  port: number;
  goDeaf(): Promise<void>;
  close(): Promise<unknown>;
}

/** Answers 200 to everything until it goes deaf. Written as text because a worker of tsx needs a file otherwise. */
const SERVER = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:http').createServer((req, res) => res.end());
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => parentPort.postMessage(server.address().port));
  parentPort.on('message', () => {
    parentPort.postMessage('deaf');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** The kernel lets one more than the backlog wait, rounded up; a connect it does not answer this soon is stuck. */
const MAX_FILLERS = 20;
const STUCK_MS = 100;

export async function startDeafListener(t: TestContext): Promise<DeafListener> {
  const worker = new Worker(SERVER, { eval: true });
  const fillers: Socket[] = [];
  const close = () => {
    for (const socket of fillers) socket.destroy();
    return worker.terminate();
  };
  t.after(close);
  const [port] = await once(worker, 'message');
  return {
    port,
    close,
    async goDeaf() {
      worker.postMessage('go deaf');
      await once(worker, 'message');
      while (fillers.length < MAX_FILLERS) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {});
        fillers.push(socket);
        const stuck = new Promise((resolve) => setTimeout(resolve, STUCK_MS, 'stuck'));
        if ((await Promise.race([once(socket, 'connect'), stuck])) === 'stuck') return;
      }
      throw new Error(`the queue of the listener took ${MAX_FILLERS} connections and was not full`);
    },
  };
}
