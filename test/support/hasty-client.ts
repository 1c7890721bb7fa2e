import { connect } from 'node:net';

/** What a crowd of clients saw, and what they did. */
export interface Crowd {
  /** answers by status */
  answers: Map<number, number>;
  /** left on purpose, before the answer was whole */
  aborted: number;
  /** connections that the other side broke */
  broken: number;
}

interface Plan {
  port: number;
  connections: number;
  requests: number;
  /** share of requests whose client leaves: half of them at once, half with the first byte of the answer */
  abortShare: number;
  /** called for each request that is over, with how many are */
  onProgress(done: number): void;
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\nCookie: cw_sid=s#\r\n\r\n';
const POST = `POST / HTTP/1.1\r\nHost: x\r\nCookie: cw_sid=s#\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`;

type Leaving = 'never' | 'at once' | 'with the first byte';

/** Asks on so many connections, one request after another on each. Resolves when all requests are over. */
export async function askHastily(plan: Plan): Promise<Crowd> {
  const crowd: Crowd = { answers: new Map(), aborted: 0, broken: 0 };
  let begun = 0;
  let done = 0;
  const turns = {
    take: () => (begun < plan.requests ? ++begun : null),
    over: () => plan.onProgress(++done),
  };
  const askUntilDone = async () => {
    while (begun < plan.requests) await askOnOneConnection(plan, turns, crowd);
  };
  await Promise.all(Array.from({ length: plan.connections }, askUntilDone));
  return crowd;
}

/** Until its client leaves, the other side breaks it, or there is nothing more to ask. */
function askOnOneConnection(
  { port, abortShare }: Plan,
  turns: { take(): number | null; over(): void },
  crowd: Crowd,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    let left = false;
    let waits = false;
    let leaving: Leaving = 'never';
    const leave = () => {
      left = true;
      crowd.aborted++;
      socket.resetAndDestroy();
    };
    const next = () => {
      const turn = turns.take();
      if (turn === null) return void socket.end();
      leaving = leavingFor(Math.random() / abortShare);
      text = '';
      waits = true;
      socket.write((turn % 4 === 0 ? POST : GET).replace('#', String(turn % 1000)));
      if (leaving === 'at once') setImmediate(leave);
    };
    socket.setEncoding('latin1').on('connect', next);
    socket.on('data', (chunk) => {
      text += chunk;
      if (left || leaving === 'at once') return;
      if (leaving === 'with the first byte') return leave();
      if (!isWhole(text)) return;
      const status = Number(text.slice(9, 12));
      crowd.answers.set(status, (crowd.answers.get(status) ?? 0) + 1);
      waits = false;
      turns.over();
      next();
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      if (waits && !left) crowd.broken++;
      if (waits) turns.over();
      resolve();
    });
  });
}

function leavingFor(chance: number): Leaving {
  if (chance > 1) return 'never';
  return chance > 0.5 ? 'at once' : 'with the first byte';
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  return head >= 0 && text.length >= head + 4 + Number(/content-length: ([0-9]+)/i.exec(text)?.[1]);
}
