/**
 * One replica of the failure drill: `replica.ts NAME PORT FILE`. It executes what is asked for under /do/ once each time
 * it is asked, notes that on the disk before it answers, so that no kill can take it back, and answers with its name.
 */
import { openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** So long it executes and answers nothing before it dies, as one does that waits for a commit. */
const DYING_MS = 300;
/** Longer than any drill: a connection that is closed for idleness would be a fault of its own. */
const KEEP_ALIVE_MS = 60_000;

const [name = '', port = '0', file = ''] = process.argv.slice(2);
const notes = openSync(file, 'a');
let dying = false;

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
  req.on('error', () => {});
  req.resume().on('end', () => serve(req, res));
});

function serve(req: IncomingMessage, res: ServerResponse): void {
  const [, id] = /^\/do\/(.+)$/.exec(req.url ?? '') ?? [];
  if (id !== undefined) writeSync(notes, `${id}\n`);
  if (id !== undefined && dying) return;
  if (!req.headers.cookie?.includes('sid=')) res.setHeader('set-cookie', `sid=${name}; Path=/`);
  res.setHeader('x-served-by', name);
  res.end(name);
}

server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  dying = true;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), DYING_MS);
});
