import type { SettingValue } from '../../../../proxy/contract.ts';
import { cartwreck } from './cartwreck.ts';
import { direct } from './direct.ts';
import { haproxy } from './haproxy.ts';
import { httpProxyAsItComes, httpProxyKeepAlive } from './http-proxy.ts';
import { nginx } from './nginx.ts';
import type { Peer } from './peer.ts';
import { relay } from './relay.ts';

/** Who is compared. A new one is a file beside these and a line here. */
export const peersFor = (affinities: readonly SettingValue<'affinity'>[]): Peer[] => [
  direct,
  httpProxyKeepAlive,
  httpProxyAsItComes,
  relay,
  ...affinities.map(cartwreck),
  haproxy,
  nginx,
];
