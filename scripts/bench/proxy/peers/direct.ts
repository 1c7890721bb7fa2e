import type { Peer } from './peer.ts';

/** Nobody in between: what the client and the upstream take for themselves. */
export const direct: Peer = {
  name: 'no proxy',
  missing: () => null,
  start: async ({ canned }) => ({ url: canned.url, pid: null, stop: async () => {} }),
};
