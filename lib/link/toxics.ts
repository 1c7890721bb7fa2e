/**
 * What can be wrong with a link, in Toxiproxy's words (`down` is its `enabled: false`; `partition` it does not have).
 * Pure: no clock, no sockets.
 */
export interface Toxics {
  /** later by this: an answer, and the handshake of a new connection. Uniformly ± jitter, never out of order. */
  latency?: { latencyMs: number; jitterMs: number };
  /** each direction for itself; 1 kB = 1000 bytes */
  bandwidth?: { kbPerSecond: number };
  /** Connects, and swallows every byte; closes the connection `timeoutMs` later, 0 = never. */
  timeout?: { timeoutMs: number };
  /** Connects, delivers nothing, and breaks the connection with ECONNRESET after `timeoutMs`. */
  reset?: { timeoutMs: number };
  /** Open connections break, new ones are refused. */
  down?: Record<never, never>;
  /** Nothing arrives on either side and new connections hang. What was sent arrives when it heals, as TCP repeats it. */
  partition?: Record<never, never>;
}

export type ToxicName = keyof Toxics;

interface Limits {
  min: number;
  max: number;
  /** absent = it must be said */
  fallback?: number;
}

const MS = { min: 0, max: 60_000 };

/** The one table of toxics: what each takes, in which limits. */
export const TOXICS: Record<ToxicName, Record<string, Limits>> = {
  latency: { latencyMs: { ...MS, max: 10_000 }, jitterMs: { ...MS, max: 10_000, fallback: 0 } },
  bandwidth: { kbPerSecond: { min: 1, max: 1_000_000 } },
  timeout: { timeoutMs: { ...MS, fallback: 0 } },
  reset: { timeoutMs: { ...MS, fallback: 0 } },
  down: {},
  partition: {},
};

export const TOXIC_NAMES = Object.keys(TOXICS) as ToxicName[];

export const isToxicName = (name: string): name is ToxicName => Object.hasOwn(TOXICS, name);

/** Reads one toxic of a request. Throws an Error that says what was expected and what came. */
export function readToxic(name: string, said: Readonly<Record<string, unknown>>): Toxics {
  if (!isToxicName(name)) throw new Error(`expected one of ${TOXIC_NAMES.join(', ')}, got "${name}"`);
  const rules = TOXICS[name];
  const unknown = Object.keys(said).find((word) => !Object.hasOwn(rules, word));
  if (unknown !== undefined) {
    throw new Error(`${name} takes ${Object.keys(rules).join(' and ') || 'nothing'}, got "${unknown}"`);
  }
  const values = Object.entries(rules).map(([word, limits]) => [
    word,
    readNumber(`${name}.${word}`, said[word], limits),
  ]);
  return { [name]: Object.fromEntries(values) };
}

function readNumber(name: string, said: unknown, { min, max, fallback }: Limits): number {
  const value = said ?? fallback;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new Error(`${name}: expected a number from ${min} to ${max}, got ${JSON.stringify(said) ?? 'none'}`);
}

/** How a link behaves with these toxics on it. */
export interface Behaviour {
  /** of a new connection: at once, after a delay, refused, never */
  connect: 'open' | 'late' | 'refuse' | 'hang';
  /** of bytes: at their pace, kept until it heals, lost */
  bytes: 'pass' | 'keep' | 'lose';
  /** a connection is broken (ECONNRESET) this long after it is open and impaired, or never */
  breakAfterMs: number | null;
}

/** The worst toxic decides; latency and bandwidth are a matter of pace. */
export function behaviourOf({ down, partition, reset, timeout, latency }: Toxics): Behaviour {
  if (down) return { connect: 'refuse', bytes: 'lose', breakAfterMs: 0 };
  if (partition) return { connect: 'hang', bytes: 'keep', breakAfterMs: null };
  const connect = latency ? 'late' : 'open';
  if (reset) return { connect, bytes: 'lose', breakAfterMs: reset.timeoutMs };
  if (timeout) return { connect, bytes: 'lose', breakAfterMs: timeout.timeoutMs || null };
  return { connect, bytes: 'pass', breakAfterMs: null };
}

/** The delay of the moment, ms. `random` is in 0 to 1. */
export const delayOf = ({ latency }: Toxics, random: number): number =>
  latency ? Math.max(0, latency.latencyMs + latency.jitterMs * (2 * random - 1)) : 0;

/**
 * When `bytes` that come in now are all through: after the line is free, at the line's speed, and later by the delay; never
 * before what went in earlier. `line.freeAt` and `line.lastAt` are carried from one piece to the next.
 */
export function releaseAt(
  line: { freeAt: number; lastAt: number },
  piece: { now: number; bytes: number; delayMs: number },
  toxics: Toxics,
): number {
  const { kbPerSecond } = toxics.bandwidth ?? {};
  line.freeAt = Math.max(line.freeAt, piece.now) + (kbPerSecond ? piece.bytes / kbPerSecond : 0);
  line.lastAt = Math.max(line.lastAt, line.freeAt + piece.delayMs);
  return line.lastAt;
}
