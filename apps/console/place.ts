import { isLoopback } from '../../lib/host.ts';
import type { ConsoleFlags } from './config.ts';

/** How others reach the control room. */
export interface Place {
  /** more than this machine reaches it: then a PIN stands before it */
  lan: boolean;
  /** a name it answers to beside its addresses */
  name: string | null;
  /** its addresses; null = those of this machine */
  addresses: string[] | null;
  /** its port from outside; null = the one it listens on */
  port: number | null;
}

const EVERYWHERE = ['0.0.0.0', '[::]', '::'];

/** A container listens on its own addresses, and what counts is where it is published. */
export function readPlace(flags: Pick<ConsoleFlags, 'host' | 'published' | 'lan-name'>): Place {
  const { host, published } = flags;
  const outside = published ?? { host, port: null };
  const own = published === undefined ? null : [];
  return {
    lan: !isLoopback(outside.host),
    name: flags['lan-name'] ?? null,
    addresses: EVERYWHERE.includes(outside.host) ? own : [outside.host],
    port: outside.port,
  };
}
