import type { SettingValue } from '../contract.ts';
import type { Placing } from '../hash/placing.ts';
import { type Strategy, unusedLetter } from './strategy.ts';

/** What of an address is hashed. */
export const IP_KEYS: Record<SettingValue<'ipKey'>, (address: string) => string> = {
  /** HAProxy's `balance source` */
  address: (address) => address,
  /**
   * nginx's `ip_hash`: the first three octets of IPv4, so that a neighbourhood shares an upstream, and the whole of IPv6.
   * An IPv4 address that was mapped into IPv6 is IPv4 here; nginx, on a socket for both, takes it whole.
   */
  subnet: (address) => (address.includes(':') ? address : address.slice(0, address.lastIndexOf('.'))),
};

/**
 * The client's address picks the upstream. Only upstreams that are up are in the hash: a death moves clients, its return
 * moves them back.
 */
export const createIpHash = ({ place }: Placing): Strategy => ({
  locate: (facts, pool, settings) => {
    const key = IP_KEYS[settings.ipKey](facts.clientAddress);
    const upstream = place(key, facts, pool, settings);
    return { upstream, pinnedTo: null, letter: unusedLetter(facts) };
  },
  pin: () => null,
});
