import { z } from 'zod';
import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterEvent } from '../../apps/console/contract.ts';
import { addressAt, BLOCKS, localAddressOf, requireManyAddresses } from './addresses.ts';
import type { LoadConfig } from './contract.ts';
import { randomOf } from './random.ts';

/** A fault of the role "client": the cluster announces it, the load carries it out. */
const CLIENT_FAULT = z.discriminatedUnion('fault', [
  z.object({ fault: z.literal('client.ip-change'), with: z.object({ percent: z.number().min(0).max(100) }) }),
  z.object({ fault: z.literal('client.shared-nat'), with: z.object({ ips: z.int().min(1).max(1000) }) }),
  z.object({ fault: z.literal('client.whale'), with: z.object({ share: z.number().gt(0).lt(1) }) }),
]);
export type ClientFault = z.infer<typeof CLIENT_FAULT>;

/** `fault` null: it is undone. `forMs`: it ends by itself, even when nobody can tell us any more; null = it stays. */
export interface ClientOrder {
  id: string;
  fault: ClientFault | null;
  forMs: number | null;
}

/** What an event, or a fault that was there before us, asks of the shoppers; null = nothing. */
export function orderOf(event: ClusterEvent): ClientOrder | null {
  if (event.type === 'fault.undone') return { id: event.id, fault: null, forMs: null };
  return event.type === 'fault.injected' ? orderOfFault(event) : null;
}

export function orderOfFault({ id, fault, with: options, forMs }: OrderLike): ClientOrder | null {
  const asked = CLIENT_FAULT.safeParse({ fault, with: options });
  return asked.success ? { id, fault: asked.data, forMs } : null;
}
type OrderLike = Pick<FaultView, 'id' | 'fault' | 'forMs'> & { with?: Record<string, unknown> };

/** Why this load cannot carry it out; null = it can. */
export function refusalOf({ fault }: ClientFault, config: LoadConfig): string | null {
  if (fault === 'client.whale') {
    if (config.ratePerSecond !== null) return 'a whale stays, but with --rate shoppers come and go';
    return config.shoppers > config.workers ? null : 'a whale is one among others, and there are too few';
  }
  try {
    requireManyAddresses(config.url, process.platform);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What the faults that are active make of the shoppers; what was asked on the command line is under them. */
export interface Disguise {
  carryOut(order: ClientOrder): void;
  /** The address shopper `number` comes from; undefined = the machine chooses. */
  addressOf(number: number): string | undefined;
  /** The share of all steps that s1 makes; null = it shops like the others. */
  whale(): number | null;
}

/** `now` in ms. The newest fault of a kind wins. */
export function createDisguise({ seed, config, now }: DisguiseOptions): Disguise {
  const active = new Map<string, { fault: ClientFault; untilMs: number }>();

  function* faults(): Generator<ClientFault> {
    for (const [id, { fault, untilMs }] of active) {
      if (now() < untilMs) yield fault;
      else active.delete(id);
    }
  }

  return {
    carryOut({ id, fault, forMs }) {
      active.delete(id);
      if (fault !== null) active.set(id, { fault, untilMs: now() + (forMs ?? Number.POSITIVE_INFINITY) });
    },
    addressOf(number) {
      let address = localAddressOf(number, config);
      if (active.size === 0) return address;
      for (const fault of faults()) address = addressUnder(fault, number, seed) ?? address;
      return address;
    },
    whale() {
      let share = config.whale;
      if (active.size === 0) return share;
      for (const fault of faults()) if (fault.fault === 'client.whale') share = fault.with.share;
      return share;
    },
  };
}

interface DisguiseOptions {
  seed: number;
  config: LoadConfig;
  now(): number;
}

/** Far from any step of a plan. */
const MOVES = 910_000_000;

function addressUnder(fault: ClientFault, number: number, seed: number): string | undefined {
  switch (fault.fault) {
    case 'client.shared-nat':
      return addressAt((number - 1) % fault.with.ips, BLOCKS.nat);
    case 'client.ip-change': {
      const moves = randomOf(seed, number, MOVES)() * 100 < fault.with.percent;
      return moves ? addressAt(number - 1, BLOCKS.moved) : undefined;
    }
    default:
      return undefined;
  }
}
