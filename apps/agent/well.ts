import type { AgentEvent, MemberView } from './contract.ts';

/** A member that runs again, or is gone, and why: the faults that hit it are over, by whatever means. */
export interface Well {
  id: string;
  why: string;
  /** it was removed, for good */
  gone: boolean;
}

/** Whose faults an event ends; null: nobody's. */
export function whoIsWell(event: AgentEvent, members: readonly MemberView[]): Well | null {
  const well = (id: string, why: string, gone = false) => ({ id, why, gone });
  if (event.type === 'replica.ready') return well(event.replica, 'it was started again');
  if (event.type === 'replica.resumed') return well(event.replica, 'it was resumed');
  if (event.type === 'replica.removed') return well(event.replica, 'it was removed', true);
  const store = members.find(({ role }) => role === 'store');
  const storeRuns = event.type === 'store.state' && event.state === 'ready';
  return store && storeRuns ? well(store.id, 'it runs again') : null;
}
