import { isOut, type ReplicaLook } from './view-replicas.ts';

/** Two lines under the rule of the proxy; `news`: they say what just changed. */
export interface Note {
  lines: [string, string];
  news: boolean;
}

/** What the rule is, or what it does about a replica that is gone. */
export function noteOf(
  affinity: string | null,
  replicas: readonly ReplicaLook[],
  { drain, panic }: { drain: string | null; panic: boolean },
): Note {
  const rule = affinity === null ? undefined : RULES[affinity];
  const gone = replicas.filter(({ state }) => state === 'dead' || isOut(state) || state === 'stopping');
  const draining = replicas.filter(({ state }) => state === 'draining');
  if (panic) return { lines: ['panic:', 'all get some'], news: true };
  if (rule && gone.length > 0 && gone.every(({ state }) => state === 'ejected'))
    return { lines: [`${numbers(gone, '', '')}ejected,`, rule.anew], news: true };
  if (rule && gone.length > 0) {
    const how = gone.every(({ state }) => isOut(state)) ? 'out' : 'gone';
    return { lines: [`${numbers(gone)} ${how},`, rule.anew], news: true };
  }
  if (rule && draining.length > 0) {
    const keeps = drain === 'honour-pins' && rule.keeps;
    return {
      lines: [`${numbers(draining, 'drains', 'drain')},`, keeps ? 'keeps its pins' : 'takes nobody'],
      news: true,
    };
  }
  return { lines: rule?.says ?? ['', ''], news: false };
}

/** keeps: can honour pins while a replica drains */
const RULES: Record<string, { says: [string, string]; anew: string; keeps: boolean }> = {
  none: { says: ['each request', 'to the next'], anew: 'left out', keeps: false },
  cookie: { says: ['cookie names', 'the replica'], anew: 'pinned anew', keeps: true },
  'ip-hash': { says: ['address picks', 'the replica'], anew: 'hashed anew', keeps: false },
  'session-hash': { says: ['session picks', 'the replica'], anew: 'hashed anew', keeps: false },
  table: { says: ['it remembers', 'who is where'], anew: 'pinned anew', keeps: true },
  connection: { says: ['a connection', 'stays with one'], anew: 'connect anew', keeps: true },
};

function numbers(replicas: readonly ReplicaLook[], one = 'is', many = 'are'): string {
  if (replicas.length > 2) return `${replicas.length} ${many}`;
  return `${replicas.map(({ number }) => number).join(', ')} ${replicas.length === 1 ? one : many}`;
}
