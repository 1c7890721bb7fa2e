import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** How one request of a storm ended. */
export interface Fate {
  op: string;
  method: string;
  /** affinity cookie it was sent with */
  pin: string | null;
  /** no settings older than these may have been used for it */
  leastEpoch: number;
  /** lives of upstreams that the proxy was told of, by id: none of them may be answered for by an earlier one */
  lives: ReadonlyMap<string, string>;
  status: number;
  headers: IncomingHttpHeaders;
}

/** Ends of requests that brought no answer. */
export interface Ends {
  aborted: number;
  broken: number;
  /** still without an end after LIMIT_MS */
  hung: string[];
}

export interface Crowd {
  port: number;
  clients: number;
  /** in front of the number of each operation */
  name: string;
  random: () => number;
  /** the newest settings that somebody was told of */
  epoch(): number;
  /** what it was told of upstreams last */
  lives(): ReadonlyMap<string, string>;
  isOver(begun: number): boolean;
  onFate(fate: Fate): void;
}

/** Far more than connecting, waiting in a queue and three silent answers may take. */
const LIMIT_MS = 8000;
const ABORT_SHARE = 0.1;
const MAX_ABORT_MS = 20;
const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'UPGRADE'];

/** Clients that keep their cookies, ask one request after another, and often leave before the answer. */
export async function askInStorm(crowd: Crowd): Promise<Ends & { begun: number }> {
  const ends = { aborted: 0, broken: 0, hung: [] as string[], begun: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: crowd.clients });
  const client = async () => {
    const jar = new Map<string, string>();
    while (!crowd.isOver(ends.begun)) await ask(crowd, `${crowd.name}-${++ends.begun}`, { jar, agent, ends });
  };
  await Promise.all(Array.from({ length: crowd.clients }, client));
  agent.destroy();
  return ends;
}

interface Client {
  jar: Map<string, string>;
  agent: Agent;
  ends: Ends;
}

function ask(
  { port, random, epoch, lives, onFate }: Crowd,
  op: string,
  { jar, agent, ends }: Client,
): Promise<void> {
  return new Promise((resolve) => {
    const method = METHODS[Math.floor(random() * METHODS.length)] ?? 'GET';
    const fate = { op, method, pin: jar.get('cw_pin') ?? null, leastEpoch: epoch(), lives: lives() };
    const req = request({ port, host: '127.0.0.1', agent, ...headOf(method, op, jar) });
    const over = () => {
      clearTimeout(limit);
      clearTimeout(leave);
      resolve();
    };
    const limit = setTimeout(() => {
      ends.hung.push(`${method} ${op}`);
      req.destroy();
    }, LIMIT_MS);
    let left = false;
    const abort = () => {
      left = true;
      req.destroy();
    };
    const leave = random() < ABORT_SHARE ? setTimeout(abort, random() * MAX_ABORT_MS) : undefined;
    req.on('error', () => {});
    req.on('upgrade', (_res, socket) => socket.destroy());
    let isWhole = false;
    req.on('response', (res) => {
      onFate({ ...fate, status: res.statusCode ?? 0, headers: res.headers });
      for (const line of res.headers['set-cookie'] ?? []) keep(jar, line);
      res.on('error', () => {}).resume();
      res.once('end', () => {
        isWhole = true;
      });
    });
    req.once('close', () => {
      if (left) ends.aborted++;
      else if (!isWhole && method !== 'UPGRADE') ends.broken++;
      over();
    });
    req.end(method === 'POST' || method === 'PUT' ? 'x'.repeat(Math.floor(random() * 500)) : undefined);
  });
}

function headOf(method: string, op: string, jar: ReadonlyMap<string, string>) {
  const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join('; ');
  const wish = method === 'UPGRADE' && { connection: 'Upgrade', upgrade: 'websocket' };
  const headers = { 'x-op-id': op, ...(cookie !== '' && { cookie }), ...wish };
  return { method: method === 'UPGRADE' ? 'GET' : method, path: `/${op}`, headers };
}

function keep(jar: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  jar.set(name, value);
}
