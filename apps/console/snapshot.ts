import { callApi } from '../../lib/call.ts';
import type { Settings, UpstreamView } from '../../proxy/contract.ts';
import type { AgentState } from '../agent/contract.ts';
import type { ConsoleFlags } from './config.ts';
import type { ClusterState } from './contract.ts';
import type { Story } from './events.ts';

const READ_LIMIT_MS = 1000;

/** Reads back how everything is, now. A part that does not answer is null: the snapshot never repeats old news. */
export async function readCluster(options: {
  flags: ConsoleFlags;
  story: Story;
  loadRunning: boolean;
  phones: ClusterState['phones'];
}): Promise<ClusterState> {
  const { flags, story, loadRunning, phones } = options;
  // Before the reading: an event that falls between is applied again by the follower, and does no harm then.
  // The scene counts, so it must be exactly the one after that event.
  const { seq, scene } = { seq: story.log.lastSeq, scene: story.scene() };
  const get = <T>(url: string, token?: string) =>
    callApi<T>(url, { timeoutMs: READ_LIMIT_MS, ...(token === undefined ? {} : { token }) }).catch(
      () => null,
    );
  const [settings, upstreams, agent] = await Promise.all([
    get<Settings>(`${flags['proxy-url']}/settings`),
    get<UpstreamView[]>(`${flags['proxy-url']}/upstreams`),
    get<AgentState>(`${flags['agent-url']}/state`, flags['agent-token']),
  ]);
  const members = agent?.members ?? [];
  const shops = members.filter(({ role }) => role === 'shop');
  const upstreamOf = (id: string) => upstreams?.find((upstream) => upstream.id === id) ?? null;
  return {
    name: flags.name,
    runtime: agent?.runtime ?? null,
    startedAt: flags['run-started'],
    url: flags['shop-url'],
    seq,
    settings,
    replicas: agent && shops.map((shop) => ({ ...shop, upstream: upstreamOf(shop.id) })),
    store: agent && { kind: agent.store, member: members.find(({ role }) => role === 'store') ?? null },
    faults: agent?.faults ?? [],
    deploy: agent?.deploy ?? null,
    armed: agent?.armed ?? null,
    load: story.progress(),
    loadRunning,
    t: Date.now() - flags['run-started'],
    speed: 1,
    recording: null,
    scene,
    phones,
  };
}
