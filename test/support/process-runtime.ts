import { request } from 'node:http';
import type { TestContext } from 'node:test';
import type { AgentEvent } from '../../apps/agent/contract.ts';
import type { MemberSpec } from '../../apps/agent/runtime/member.ts';
import { ProcessRuntime } from '../../apps/agent/runtime/process.ts';
import { scratch } from './cluster.ts';
import { pidOf } from './processes.ts';
import type { Behaviour, RuntimeUnderTest } from './runtime-contract.ts';

/** A shop in a dozen lines: it answers with its life, and behaves as it is told. */
const SMALL_SHOP = `
import { createServer } from 'node:http';
const { LIFE, PORT, BEHAVIOUR } = process.env;
if (BEHAVIOUR === 'broken') {
  console.log('one shelf, two shelves');
  console.error('the shelf is broken');
  process.exit(3);
}
process.on('SIGTERM', () => BEHAVIOUR === 'deaf' || process.exit(0));
process.on('disconnect', () => process.exit(0));
const server = createServer((req, res) => res.setHeader('x-boot-id', LIFE).end());
server.listen(Number(PORT), '127.0.0.1', () => process.send({ type: 'ready', port: server.address().port }));
`;

export interface ProcessRuntimeUnderTest extends RuntimeUnderTest {
  runtime: ProcessRuntime;
  /** where its ledger and logs are */
  directory: string;
  /** every line the shops printed, as "shop-1: …" */
  lines: string[];
}

/** A ProcessRuntime without fixed members. `shop` describes shop number N; small shops when it is left out. */
export function makeProcessRuntime(
  t: TestContext,
  shop: (number: number, behaviour: () => Behaviour) => MemberSpec = smallShop,
): ProcessRuntimeUnderTest {
  // Hooks run in this order: nothing runs any more when the folder goes.
  t.after(() => runtime.close());
  const directory = scratch(t);
  const events: AgentEvent[] = [];
  const lines: string[] = [];
  let behaviour: Behaviour = 'good';
  const runtime = new ProcessRuntime({
    directory,
    fixed: [],
    shop: (number) => shop(number, () => behaviour),
    now: () => performance.now(),
    onEvent: (event) => void events.push(event),
    onLine: (id, line) => void lines.push(`${id}: ${line}`),
  });
  const find = (id: string) => runtime.members().find((member) => member.id === id);
  return {
    runtime,
    directory,
    events,
    lines,
    behave(next) {
      behaviour = next;
    },
    killFromOutside: (id) => void process.kill(pidOf(find(id) ?? { handle: null }), 'SIGKILL'),
    ask: (id) => askForLife(find(id)?.address ?? null),
  };
}

export function smallShop(number: number, behaviour: () => Behaviour): MemberSpec {
  return {
    id: `shop-${number}`,
    role: 'shop',
    port: 0,
    ready: 'ipc',
    command: ({ life, port }) => ({
      file: process.execPath,
      args: ['--input-type=module', '--eval', SMALL_SHOP],
      env: { PATH: process.env.PATH ?? '', LIFE: life, PORT: String(port), BEHAVIOUR: behaviour() },
    }),
  };
}

const ANSWER_MS = 300;

/** The life that answers at this address, or null when nothing does so soon. */
function askForLife(address: { host: string; port: number } | null): Promise<string | null> {
  return new Promise((resolve) => {
    if (address === null) return resolve(null);
    const asking = request({ ...address, path: '/healthz', agent: false, timeout: ANSWER_MS }, (answer) => {
      answer.resume();
      resolve(String(answer.headers['x-boot-id']));
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(null));
    asking.end();
  });
}
