import { isIPv4 } from 'node:net';
import type { LoadConfig } from './contract.ts';

/** Addresses 127.0.1.1 to 127.0.1.250, then 127.0.2.1 and so on. */
const PER_BLOCK = 250;
export const MAX_CLIENT_IPS = 250 * PER_BLOCK;

/** The address shopper `number` comes from; undefined = the machine chooses. */
export function localAddressOf(
  number: number,
  { clientIps }: Pick<LoadConfig, 'clientIps'>,
): string | undefined {
  if (clientIps === null) return undefined;
  return addressAt((number - 1) % clientIps);
}

/** For the time line of the result. */
export const addressesText = (count: number): string =>
  `${count} client addresses, ${addressAt(0)} to ${addressAt(count - 1)}`;

/** Throws an Error unless this machine and this target allow many client addresses. */
export function requireManyAddresses(url: string, platform: NodeJS.Platform): void {
  const { hostname } = new URL(url);
  if (!isIPv4(hostname) || !hostname.startsWith('127.')) {
    throw new Error(
      `only a shop on this machine can see several client addresses: expected a target such as http://127.0.0.1:8080, got ${url}`,
    );
  }
  if (platform !== 'linux') {
    throw new Error(
      `on ${platform} the loopback has one address only; Linux has all of 127.0.0.0/8. Run it there, or in a container`,
    );
  }
}

/** Second number of an address, so that those of different origin never meet. */
export const BLOCKS = { given: 0, moved: 1, nat: 2 } as const;

export const addressAt = (index: number, block: number = BLOCKS.given): string =>
  `127.${block}.${1 + Math.floor(index / PER_BLOCK)}.${1 + (index % PER_BLOCK)}`;
