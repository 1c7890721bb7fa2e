import type { SettingValue } from '../../../proxy/contract.ts';

type Affinity = SettingValue<'affinity'>;
type Hash = SettingValue<'hash'>;

/** Percent of the keys that another upstream has when there are `to` instead of `from`, all of equal weight. */
type Moves = (from: number, to: number) => number;

/**
 * Who is added wins his share from all, who goes leaves his share to all, and no other key moves: the least that any even
 * hash can move (Thaler & Ravishankar 1998, "Using name-based mappings to increase hit rates"; Karger et al. 1997).
 */
const rendezvous: Moves = (from, to) => (100 * Math.abs(to - from)) / Math.max(from, to);

/**
 * A key stays where it has the same rest for both counts. Of each lcm(from, to) numbers in a row that is the first
 * min(from, to), and no other. Who goes is the last by name: one from the middle shifts those behind it.
 */
const modulo: Moves = (from, to) => 100 * (1 - Math.min(from, to) / leastCommonMultiple(from, to));

const HASH_MOVES: Record<Hash, Moves> = { rendezvous, modulo };

/**
 * A tie that is remembered, in the browser, in the table or with the connection, ends when its upstream goes, and for nothing
 * else: who is added gets only new clients (HAProxy's `cookie` and `stick-table`, nginx's `sticky`, an ALB).
 */
const remembered: Moves = (from, to) => (100 * Math.max(0, from - to)) / from;

const AFFINITY_MOVES: Record<Affinity, (hash: Hash) => Moves | null> = {
  none: () => null,
  cookie: () => remembered,
  table: () => remembered,
  connection: () => remembered,
  'ip-hash': (hash) => HASH_MOVES[hash],
  'session-hash': (hash) => HASH_MOVES[hash],
};

/**
 * Percent of the sessions that move to another upstream when `from` upstreams become `to`: the last by name come or go, weights
 * are equal, clients are many and spread evenly. Null where nobody has a place to move from.
 */
export function predictedMoves(affinity: Affinity, hash: Hash, from: number, to: number): number | null {
  return AFFINITY_MOVES[affinity](hash)?.(from, to) ?? null;
}

const leastCommonMultiple = (a: number, b: number): number => (a * b) / greatestCommonDivisor(a, b);

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);
