import type { Settings } from '../../../../proxy/contract.ts';
import type { ClusterState, ReplicaView, Stand } from '../../contract.ts';
import type { Model } from '../shared/model.ts';
import { areUncounted, type ReplicaRow, replicaRows } from '../shared/rows.ts';

export interface ReplicaLook {
  id: string;
  number: number;
  /** "#5" */
  life: string;
  state: ReplicaRow['state'];
  /** "33 pins", "killed", "frozen" */
  word: string;
  /** what else the proxy says of it: "weight 25" */
  notes: string[];
  pins: number | null;
  /** sessions in its memory; null = it keeps none, or nobody has counted */
  sessions: { filled: number; empty: number } | null;
  /** of the filled ones, those that a shopper of now has; null = affinity does not say whose is where */
  owned: number | null;
  /** what its card says where no tokens are: "keeps no session" */
  remark: string;
  /** sessions that died with it */
  ghosts: number;
  perSecond: number | null;
  /** nothing is sent to it: its road ends half-way */
  cut: boolean;
}

/** The proxy sends nothing to it for a reason of its own, unless it panics. */
export const isOut = (state: ReplicaRow['state']): boolean => state === 'out' || state === 'ejected';

/** Of one that is cut off or frozen it is not known: its shoppers are elsewhere, and may come back. */
const SERVES: readonly ReplicaRow['state'][] = ['ready', 'draining'];

/** The replicas in the order of their numbers. */
export function replicaLooks(model: Model, runMs: number, pins: boolean): ReplicaLook[] {
  const { state, perSecond } = model;
  const views = new Map((state?.replicas ?? []).map((replica) => [replica.id, replica]));
  const counts = countPins(state);
  const owners = countOwners(state);
  const lastSecond = state?.scene.seconds.at(-1);
  return (replicaRows(model, runMs) ?? []).map((row) => {
    const pinned = pins ? (counts.get(row.id) ?? 0) : null;
    const death = state?.scene.deaths.findLast(({ life }) => life === row.life);
    const dead = row.state === 'dead';
    return {
      id: row.id,
      number: row.number,
      life: row.life.slice(row.id.length),
      state: row.state,
      notes: row.notes,
      word: wordOf(row, pinned, death?.how),
      pins: pinned,
      sessions: sessionsOf(state, views.get(row.id)),
      owned: pins && SERVES.includes(row.state) ? (owners.get(row.id) ?? 0) : null,
      remark: remarkOf(row.state, state?.settings ?? null),
      ghosts: dead ? (death?.sessions ?? 0) : 0,
      cut: dead || row.state === 'starting' || (isOut(row.state) && !state?.scene.panic),
      perSecond: perSecond.get(row.id) ?? lastSecond?.perSecond[row.id] ?? null,
    };
  });
}

const countPins = (state: ClusterState | null): Map<string, number> =>
  countOn(state === null ? [] : [...Object.values(state.scene.robots), ...state.scene.students]);

/** Who has left owns nothing any more. */
function countOwners(state: ClusterState | null): Map<string, number> {
  if (state?.settings?.sessions !== 'memory') return new Map();
  const { run, robots, students } = state.scene;
  const there = [...(run?.endedAt === null ? Object.values(robots) : []), ...students];
  return countOn(there.filter(({ cart }) => cart !== 'none'));
}

function countOn(stands: readonly Stand[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { on } of stands) {
    if (on !== null) counts.set(on, (counts.get(on) ?? 0) + 1);
  }
  return counts;
}

function wordOf({ state }: ReplicaRow, pins: number | null, how = 'dead'): string {
  if (state === 'dead') return how.split(' ')[0] ?? how;
  if (state === 'out') return 'down';
  if (state !== 'ready' || pins === null) return state;
  return pins === 1 ? '1 pin' : `${pins} pins`;
}

/** Its memory may still hold what came before sessions were moved elsewhere: that is shown, it is so. */
function sessionsOf(state: ClusterState | null, replica: ReplicaView | undefined): ReplicaLook['sessions'] {
  const untold = replica?.state === 'exited' || areUncounted(state?.settings ?? null);
  const told = untold ? null : (replica?.upstream?.sessions ?? null);
  if (told === null) return null;
  const lives = state?.settings?.sessions === 'memory' || told.filled + told.empty > 0;
  return lives ? told : null;
}

function remarkOf(state: ReplicaLook['state'], settings: Settings | null): string {
  const sessions = settings?.sessions;
  if (state === 'dead') return sessions === 'memory' ? 'nothing was in it' : 'nothing was kept here';
  if (state === 'starting') return 'begins with nothing';
  if (sessions !== 'memory') return 'keeps no session';
  return areUncounted(settings) ? 'not counted by TCP' : 'not counted yet';
}

/** shop-2 → 2; what has no number → 0 */
export const numberOf = (id: string): number => Number(/(\d+)(?:#\d+)?$/.exec(id)?.[1] ?? 0);
