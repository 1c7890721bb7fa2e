import { ApiError } from '../../../lib/api-error.ts';
import type { ToxicName, Toxics } from '../../../lib/link.ts';
import type { ProbeView } from '../../../proxy/contract.ts';
import type { FaultState } from '../../cart/contract.ts';
import type { MemberView } from '../contract.ts';
import type { Hands } from './action.ts';

/** A link is named by what it connects and lives in the first of the two, which makes the connections. */
export type Between = 'proxy-replica' | 'replica-store';

/** It outlives a second in which nobody renews it, and its owner's death by no more than this. */
const LEASE_MS = 5_000;

/** Where a link can be hurt and looked at. `id` is the replica of it. */
export interface LinkEnd {
  /** Whether there is such a link now; one that comes later gets the fault with the next renewal. */
  exists(replica: MemberView | undefined): boolean;
  add(hands: Hands, id: string, toxics: Toxics): Promise<void>;
  remove(hands: Hands, id: string, name: ToxicName): Promise<void>;
  toxics(hands: Hands, id: string): Promise<Toxics>;
  /** how a request on a new connection fares */
  probe(hands: Hands, id: string): Promise<ProbeView>;
}

export const LINK_ENDS: Record<Between, LinkEnd> = {
  'proxy-replica': {
    exists: (replica) => replica !== undefined,
    add: ({ proxy }, id, toxics) =>
      eachToxic(toxics, (name, said) => proxy.links.add(id, name, { ...said, leaseMs: LEASE_MS })),
    remove: ({ proxy }, id, name) => mended(proxy.links.remove(id, name)),
    toxics: async ({ proxy }, id) =>
      (await proxy.links.list()).find(({ upstream }) => upstream === id)?.toxics ?? {},
    probe: ({ proxy }, id) => proxy.links.probe(id),
  },
  'replica-store': {
    exists: (replica) => replica?.state === 'ready',
    add: ({ replicas }, id, toxics) =>
      eachToxic(toxics, (name, said) =>
        replicas.call(id, 'PUT', `/store-link/${name}`, { ...said, leaseMs: LEASE_MS }),
      ),
    remove: ({ replicas }, id, name) => mended(replicas.call(id, 'DELETE', `/store-link/${name}`)),
    toxics: async ({ replicas }, id) => (await replicas.call<FaultState>(id, 'GET', '/state')).storeLink,
    probe: ({ replicas }, id) => replicas.call(id, 'GET', '/store-link/probe'),
  },
};

async function eachToxic(
  toxics: Toxics,
  add: (name: ToxicName, said: object) => Promise<unknown>,
): Promise<void> {
  for (const [name, said] of Object.entries(toxics)) await add(name as ToxicName, said);
}

/** Whoever does not answer is dead, and the fault with it, or frozen: then the lease ends it, as nobody renews it. */
async function mended(removing: Promise<unknown>): Promise<void> {
  try {
    await removing;
  } catch (error) {
    const gone = error instanceof ApiError && (error.code === 'unreachable' || error.status === 404);
    if (!gone) throw error;
  }
}
