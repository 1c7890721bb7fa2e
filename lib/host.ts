import { isIP } from 'node:net';

/** Which names, beside loopback's, a port answers to. */
export interface Names {
  /** further names, e.g. a compose service name */
  hosts?: readonly string[];
  /** any IP address as well: for a port that others in the network may use */
  addresses?: boolean;
}

/** The name in a Host header, without its port: "10.0.0.7", "[fd00::2]", "localhost". */
export const hostName = (header: string | undefined): string =>
  (header ?? '').replace(/:[0-9]+$/, '').toLowerCase();

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host);

/** An IP address as it stands in a URL: version 6 in brackets, without a zone. */
export const isAddress = (host: string): boolean =>
  isIP(host) === 4 || (/^\[[0-9a-f:.]+\]$/.test(host) && isIP(host.slice(1, -1)) === 6);

/**
 * Whether a port answers to this name. A page of somebody else's can make a browser call us only by a name of its own
 * that it binds to our address (DNS rebinding): loopback names and addresses are safe, unknown names are not.
 */
export const answersTo = (host: string, { hosts = [], addresses = false }: Names): boolean =>
  isLoopback(host) || hosts.includes(host) || (addresses && isAddress(host));

/** A name somebody gave us to answer to, in small letters. Throws an Error that says what was expected. */
export function readHostName(word: string): string {
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(word) && !isAddress(word)) return word.toLowerCase();
  throw new Error(`expected a host name such as laptop.local, without port, got "${word}"`);
}
