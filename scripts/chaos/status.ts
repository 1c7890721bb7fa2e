import type { ClusterState, ReplicaView } from '../../apps/console/contract.ts';
import { formatMs } from '../../lib/duration.ts';
import { type UpstreamView, USUAL_WEIGHT } from '../../proxy/contract.ts';

/** The cluster on one screen of a terminal. What could not be read back is said so. */
export function statusText(state: ClusterState): string {
  const { settings, replicas, store } = state;
  const lines = [
    settings
      ? `affinity ${settings.affinity}, sessions ${settings.sessions}, epoch ${settings.epoch}`
      : 'the proxy does not answer: its settings are not known',
    '',
    ...(replicas === null ? ['the agent does not answer: its members are not known'] : replicas.map(row)),
    '',
    `store  ${store === null ? 'not known' : `${store.kind}: ${store.member?.state ?? 'not ours to hurt'}`}`,
  ];
  if (state.armed === false) lines.push('stopped: no fault is injected until npm run chaos -- arm');
  const active = state.faults.filter((fault) => fault.state === 'active');
  for (const fault of active)
    lines.push(
      `${fault.id}  ${fault.fault} ${fault.target}: active, undo with: npm run chaos -- undo ${fault.id}`,
    );
  if (state.load && !state.load.done) {
    const { carts, shoppers } = state.load;
    lines.push(`load   ${shoppers} shoppers, ${carts.broken} of ${carts.checked} carts broken`);
  }
  return lines.join('\n');
}

function row({ id, life, state, handle, upstream }: ReplicaView): string {
  const seen = upstream
    ? `proxy says ${upstream.state}, ${upstream.requests} requests${notes(upstream)}`
    : 'the proxy does not know it';
  return `${id.padEnd(7)} ${life.padEnd(10)} ${state.padEnd(9)} ${(handle ?? '').padEnd(11)} ${seen}`;
}

/** What is not as usual. */
function notes({ weight, drainLeftMs, queued }: UpstreamView): string {
  const all = [
    ...(drainLeftMs === null ? [] : [`drains for ${formatMs(drainLeftMs)} more`]),
    ...(weight === USUAL_WEIGHT ? [] : [`weight ${weight}`]),
    ...(queued > 0 ? [`${queued} wait`] : []),
  ];
  return all.map((note) => `, ${note}`).join('');
}
