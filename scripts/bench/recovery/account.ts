import { type Asked, type History, isGood } from './history.ts';

/** What one drill, or several of the same kind, cost the clients of one row. */
export interface Account {
  requests: number;
  failed: number;
  retried: number;
  /** executed more than once */
  duplicated: number;
  /** executed, and the client was told of an error or nothing */
  lostAck: number;
  /** for each drill, ms from the fault to the last request that felt it, as it was sent; null = they felt it to the end */
  detectMs: (number | null)[];
  /** for each client that was tied to the victim, ms from the fault to its first good answer; null = none came */
  rerouteMs: (number | null)[];
}

export function accountOf(history: History): Account {
  const { asked, executed, retried } = history;
  const times = ({ id }: Asked) => executed.get(id) ?? 0;
  const count = (is: (one: Asked) => boolean) => asked.filter(is).length;
  return {
    requests: asked.length,
    failed: count((one) => !isGood(one)),
    retried: count(({ id }) => retried.has(id)),
    duplicated: count((one) => times(one) > 1),
    lostAck: count((one) => times(one) > 0 && !isGood(one)),
    detectMs: [detectionOf(history)],
    rerouteMs: reroutesOf(history),
  };
}

/**
 * A request feels the fault when it fails or has to be sent again. Detected is what those who were tied to the victim
 * show: after the last that felt it, one of them sent a request that did not.
 */
function detectionOf(history: History): number | null {
  const { asked, retried, faultMs } = history;
  const feels = (one: Asked) => !isGood(one) || retried.has(one.id);
  const felt = asked.filter((one) => one.endedMs >= faultMs && feels(one));
  const lastMs = Math.max(faultMs, ...felt.map(({ sentMs }) => sentMs));
  const tied = tiedToVictim(history);
  const calm = asked.some((one) => tied.has(one.client) && one.sentMs > lastMs && !feels(one));
  return calm || tied.size === 0 ? lastMs - faultMs : null;
}

/** Answers of the victim do not count: it may have made them before the fault, and they came after it. */
function reroutesOf(history: History): (number | null)[] {
  const { asked, victim, faultMs } = history;
  const elsewhere = asked.filter((one) => one.endedMs >= faultMs && isGood(one) && one.by !== victim);
  return [...tiedToVictim(history)].map((tied) => {
    const own = elsewhere.filter(({ client }) => client === tied);
    return own.length === 0 ? null : Math.min(...own.map(({ endedMs }) => endedMs)) - faultMs;
  });
}

/** The clients whose last good answer before the fault came from the victim. */
function tiedToVictim({ asked, victim, faultMs }: History): Set<number> {
  const lastBefore = new Map<number, Asked>();
  for (const one of asked) {
    if (one.endedMs >= faultMs || !isGood(one)) continue;
    if ((lastBefore.get(one.client)?.endedMs ?? 0) <= one.endedMs) lastBefore.set(one.client, one);
  }
  return new Set([...lastBefore.values()].filter(({ by }) => by === victim).map(({ client }) => client));
}

/** Drills of the same kind as one: counts are added, times collected. */
export const sumOf = (accounts: readonly Account[]): Account => ({
  requests: total(accounts, ({ requests }) => requests),
  failed: total(accounts, ({ failed }) => failed),
  retried: total(accounts, ({ retried }) => retried),
  duplicated: total(accounts, ({ duplicated }) => duplicated),
  lostAck: total(accounts, ({ lostAck }) => lostAck),
  detectMs: accounts.flatMap(({ detectMs }) => detectMs),
  rerouteMs: accounts.flatMap(({ rerouteMs }) => rerouteMs),
});

const total = (accounts: readonly Account[], of: (account: Account) => number): number =>
  accounts.reduce((sum, account) => sum + of(account), 0);
