import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { Agent } from '../../apps/agent/agent.ts';
import { AGENT_FLAGS, agentConfig } from '../../apps/agent/config.ts';
import type { AgentEvent } from '../../apps/agent/contract.ts';
import { openRecords } from '../../apps/agent/faults/records.ts';
import { KeyRing } from '../../apps/agent/keyring.ts';
import type { ProxyClient } from '../../apps/agent/proxy-client.ts';
import type { Runtime } from '../../apps/agent/runtime/runtime.ts';
import { EventLog } from '../../lib/event-log.ts';
import { parseFlags } from '../../lib/flags.ts';
import type { UpstreamView } from '../../proxy/contract.ts';
import { pidOf } from './processes.ts';

/** A proxy that believes what it is told: every shop it knows is up unless it is draining. */
export function believingProxy() {
  const admins = new Map<string, 'ready' | 'drain'>();
  let upstreams: UpstreamView[] = [];
  const seen = () => upstreams.map((one) => ({ ...one, admin: admins.get(one.id) ?? 'ready' }));
  const nobody = () => Promise.reject(new Error('not here'));
  const proxy: ProxyClient = {
    async place(addresses) {
      // One that was forgotten and comes again is a new one.
      for (const id of admins.keys()) if (!addresses.some((one) => one.id === id)) admins.delete(id);
      upstreams = addresses.map(
        (address) =>
          ({
            ...address,
            admin: 'ready',
            state: 'up',
            inFlight: 0,
            requests: 0,
            p99Ms: null,
          }) as UpstreamView,
      );
    },
    setAdmin: async (id, admin) => void admins.set(id, admin),
    restore: async (id) => void admins.set(id, 'ready'),
    upstreams: async () => seen(),
    settings: nobody,
    change: nobody,
    links: {} as ProxyClient['links'],
    async until(what, wanted, { limitMs, signal }) {
      const end = performance.now() + limitMs;
      while (!wanted(seen())) {
        signal.throwIfAborted();
        if (performance.now() > end) throw new Error(`${what} did not happen`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
  return { proxy, seen };
}

/** An agent over members that somebody else keeps: when it is forgotten, they live on, as containers do. */
export function agentOver(
  t: TestContext,
  { runtime, proxy, folder }: { runtime: Runtime; proxy: ProxyClient; folder: string },
) {
  const events = new EventLog<AgentEvent>({ now: () => performance.now() });
  const agent = new Agent({
    config: agentConfig(parseFlags(AGENT_FLAGS, [], {}).flags),
    startedAt: Date.now(),
    ...{ runtime, proxy, events, store: 'none' },
    records: openRecords(folder),
    replicas: { call: () => Promise.reject(new Error('not here')) },
    storeCommands: null,
    keys: new KeyRing('k1:for this test'),
    wipeStore: async () => {},
  });
  // Its timers must not outlive the test; the members are not its to end.
  t.after(() => agent.faults.close());
  return { agent, story: () => events.since(0).map(tell) };
}

const tell = (event: AgentEvent): string =>
  event.type === 'fault.undone' ? `undone ${event.fault} ${event.target}: ${event.why}` : event.type;

/** How the kernel sees the process of a member: R or S it runs, T it is stopped; null = there is none. */
export function kernelState(member: { handle: string | null }): string | null {
  if (member.handle === null) return null;
  try {
    const stat = readFileSync(`/proc/${pidOf(member)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] ?? null;
  } catch {
    return null;
  }
}
