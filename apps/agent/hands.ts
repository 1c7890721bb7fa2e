import type { AgentEvent } from './contract.ts';
import type { Hands, ReplicaHands, StoreHands } from './faults/action.ts';
import { Fleet } from './fleet.ts';
import type { KeyRing } from './keyring.ts';
import type { ProxyClient } from './proxy-client.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import type { Runtime } from './runtime/runtime.ts';

/** What reaches into a cluster, whoever uses it: the agent, or who mends what a dead agent has left. */
export interface HandParts {
  runtime: Runtime;
  proxy: ProxyClient;
  /** the fault port of the replicas */
  replicas: ReplicaHands;
  /** the administration of the session store; null: it is somebody else's */
  storeCommands: StoreHands | null;
  /** the keys of the signed cart cookie */
  keys: KeyRing;
}

export interface Grip {
  hands: Hands;
  fleet: Fleet;
  publisher: Publisher;
}

export function createHands(
  { runtime, proxy, replicas, storeCommands, keys }: HandParts,
  options: {
    onEvent(event: AgentEvent): void;
    /** targets of faults that are there: not for a tidying to mend */
    hurt(): ReadonlySet<string>;
    /** aborted: nothing is tried again any more */
    ending: AbortSignal;
  },
): Grip {
  const { onEvent, hurt, ending } = options;
  // A shop that could not be asked has the old keys, and the next publication tries again.
  const prepare = () => keys.giveAll({ replicas, runtime }).catch(() => {});
  const publisher = createPublisher({ runtime, proxy, ending, prepare });
  const fleet = new Fleet({ runtime, proxy, publisher, onEvent, hurt });
  return {
    hands: { runtime, proxy, replicas, store: storeCommands, keys, cluster: fleet },
    fleet,
    publisher,
  };
}
