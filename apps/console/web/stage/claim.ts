import type { ClusterState } from '../../contract.ts';

/** What the room is looking at, as a short title: made of where sessions live and who ties shoppers to replicas. */
export function claimOf(state: ClusterState | null): string {
  if (!state?.settings) return 'A cluster to break';
  const { affinity, sessions } = state.settings;
  if (sessions === 'redis') return storeClaim(state.store?.member?.state ?? null);
  if (sessions === 'cookie') return 'A cart in the cookie needs no replica';
  if (sessions !== 'memory') return 'Where does the cart live now?';
  if (affinity === 'none') return 'A cart in one memory, requests to all';
  return CLAIMS[affinity] ?? DIES_WITH_IT;
}

const DIES_WITH_IT = 'When a replica dies, its carts die with it';

const CLAIMS: Record<string, string> = {
  'ip-hash': 'An address decides where your cart lives',
  'session-hash': 'A session decides where your cart lives',
  connection: 'A cart lasts as long as its connection',
};

function storeClaim(state: string | null): string {
  if (state === 'exited') return 'When the store dies, nobody has a cart';
  if (state === 'paused') return 'When the store stands still, so do all carts';
  return 'A shared store outlives the replica';
}
