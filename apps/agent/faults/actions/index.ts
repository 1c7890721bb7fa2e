import type { FaultName } from '../../contract.ts';
import type { FaultAction } from '../action.ts';
import { ipChange, sharedNat, whale } from './client.ts';
import { skew } from './clock.ts';
import { rolling } from './deploy.ts';
import { rotate } from './keys.ts';
import * as link from './link.ts';
import { kill, killAndStart, restart, stop } from './power.ts';
import * as replica from './replica.ts';
import { scaleIn, scaleOut } from './scale.ts';
import * as store from './store.ts';

/** Forgets what its `with` is: the book reads it with the action's own schema before it hands it on. */
const row = <W>(action: FaultAction<W>): FaultAction => action as unknown as FaultAction;

/** The one table of faults; their targets and words are in the contract. */
export const FAULT_ACTIONS: Record<FaultName, FaultAction> = {
  'replica.kill': row(kill),
  'replica.stop': row(stop),
  'replica.crash': row(replica.crash),
  'replica.pause': row(replica.pause),
  'replica.restart': row(restart),
  'replica.partition': row(link.partition),
  'link.latency': row(link.latency),
  'link.timeout': row(link.timeout),
  'link.reset': row(link.reset),
  'link.down': row(link.down),
  'link.bandwidth': row(link.bandwidth),
  'store.kill': row(kill),
  'store.pause': row(store.pause),
  'store.flush': row(store.flush),
  'store.latency': row(link.storeLatency),
  'store.readonly': row(store.readonly),
  'store.evict': row(store.evict),
  'store.restart': row(killAndStart),
  'proxy.restart': row(restart),
  'deploy.rolling': row(rolling),
  'scale.out': row(scaleOut),
  'scale.in': row(scaleIn),
  'key.rotate': row(rotate),
  'clock.skew': row(skew),
  'client.ip-change': row(ipChange),
  'client.shared-nat': row(sharedNat),
  'client.whale': row(whale),
};
