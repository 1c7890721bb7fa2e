import { sleep } from '../measure.ts';
import { type Account, accountOf } from './account.ts';
import { Browser, startClients } from './clients.ts';
import type { Fault } from './faults.ts';
import type { RunningPeer } from './peers/peer.ts';
import type { Replica } from './replicas.ts';

/** One row: a balancer in one configuration. */
export interface Row {
  /** of the peer and the row */
  title: string;
  name: string;
  peer: RunningPeer;
}

export interface Plan {
  /** clients of each row */
  clients: number;
  /** from the fault until the clients stop asking, ms */
  windowMs: number;
  /** of the run: ids of requests must not come twice */
  turn: number;
}

/** Until each client has a pin and has used it. */
const STEADY_MS = 800;

/** One fault, felt by all rows at once. Returns what it cost each, in the order of the rows. */
export async function runDrill(
  rows: readonly Row[],
  replicas: readonly Replica[],
  fault: Fault,
  plan: Plan,
): Promise<Account[]> {
  await allServe(rows, replicas);
  const victim = replicas[plan.turn % replicas.length];
  if (victim === undefined) throw new Error('expected a replica to break, got none');
  const crowds = rows.map((row, index) =>
    startClients(urlOf(row), `${fault.name}${plan.turn}.r${index}`, plan.clients),
  );
  await sleep(STEADY_MS);
  await fault.inject(victim);
  const faultMs = performance.now();
  await sleep(plan.windowMs);
  await Promise.all(crowds.map((crowd) => crowd.end()));
  await fault.undo(victim);
  for (const replica of replicas) await replica.settled();
  const executed = mergedCounts(replicas.map((replica) => replica.executed()));
  return Promise.all(
    rows.map(async ({ peer }, index) => {
      const { asked = [] } = crowds[index] ?? {};
      const retried = await peer.retried(asked);
      return accountOf({ victim: victim.name, faultMs, asked, executed, retried });
    }),
  );
}

const urlOf = ({ name, peer }: Row): string => peer.urls.get(name) ?? '';

/** Until it asks somebody new each time, and until every replica has answered: then the last fault is forgotten. */
async function allServe(rows: readonly Row[], replicas: readonly Replica[]): Promise<void> {
  await Promise.all(
    rows.map(async (row) => {
      const deadline = performance.now() + ALL_SERVE_LIMIT_MS;
      const missing = new Set(replicas.map(({ name }) => name));
      while (missing.size > 0) {
        const browser = new Browser(urlOf(row), 0);
        const { by } = await browser.ask('anything', 'GET');
        browser.close();
        if (by !== null) missing.delete(by);
        if (performance.now() > deadline)
          throw new Error(`expected all replicas to serve ${row.title}, ${[...missing]} did not`);
        await sleep(ASK_AGAIN_MS);
      }
    }),
  );
}

const ALL_SERVE_LIMIT_MS = 30_000;
const ASK_AGAIN_MS = 20;

function mergedCounts(all: readonly Map<string, number>[]): Map<string, number> {
  const merged = new Map<string, number>();
  for (const counts of all) for (const [id, count] of counts) merged.set(id, (merged.get(id) ?? 0) + count);
  return merged;
}
