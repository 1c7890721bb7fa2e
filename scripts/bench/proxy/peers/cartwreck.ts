import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingValue } from '../../../../proxy/contract.ts';
import { ROOT } from '../../clients.ts';
import { placeUpstreams, startOurProxy } from '../our-proxy.ts';
import { type Peer, UPSTREAM_NAMES } from './peer.ts';

/** The project's own proxy as it is started for a class, with one of its affinities. */
export const cartwreck = (affinity: SettingValue<'affinity'>): Peer => ({
  name: `cartwreck, ${affinity}`,
  missing: () => (existsSync(join(ROOT, 'dist/proxy/main.js')) ? null : 'not built; run: npm run build'),
  async start({ canned }) {
    const proxy = await startOurProxy(['--affinity', affinity]);
    await placeUpstreams(proxy, UPSTREAM_NAMES, canned);
    return proxy;
  },
});
