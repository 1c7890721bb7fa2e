import { cartwreck } from './cartwreck.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import type { Peer } from './peer.ts';

/** Who is compared. A new one is a file beside these and a line here. */
export const PEERS: readonly Peer[] = [cartwreck, haproxy, nginx];
