import type { SettingName } from '../../../../proxy/contract.ts';
import { type Call, deploy, injectFault, undoFault } from '../shared/api.ts';
import type { View } from '../shared/view.ts';
import { addReplica, removeReplica } from './cluster.tsx';
import type { Order } from './keys.ts';

/** What a key makes happen now: a call, a switch, or a sentence why it cannot. */
export type Deed = { call: Call } | { switch: SettingName; value: string; label: string } | { why: string };

/** Of the keys that change the cluster; null for those that only change what is shown. */
export function deedOf(order: Order, index: number, view: View): Deed | null {
  const count = view.replicas?.length ?? null;
  switch (order) {
    case 'affinity':
      return nthValue(view, 'affinity', index);
    case 'sessions':
      return nthValue(view, 'sessions', index);
    case 'kill':
      return hit(view, (target) => injectFault('replica.kill', { target }));
    case 'freeze':
      return hit(view, (target) => injectFault('replica.pause', { target, for: '8s' }));
    case 'deploy':
      return { call: deploy('in-place') };
    case 'more':
      return count === null ? { why: NOT_KNOWN } : { call: addReplica(count) };
    case 'fewer':
      if (count === null) return { why: NOT_KNOWN };
      return count === 1 ? { why: 'The last replica stays.' } : { call: removeReplica(count) };
    case 'undo':
      return view.lastFault === null
        ? { why: 'There is nothing to undo.' }
        : { call: undoFault(view.lastFault.id, `Undo ${view.lastFault.label}`) };
    default:
      return null;
  }
}

/** The one with the most carts; where carts live elsewhere the busiest; before the first shopper any that is ready. */
function hit({ replicas }: View, call: (target: string) => Call): Deed {
  const ready = replicas?.filter(({ state }) => state === 'ready') ?? [];
  if (ready.some(({ sessions }) => Number.parseInt(sessions, 10) > 0)) return { call: call('most-carts') };
  const rate = (text: string) => Number.parseFloat(text) || 0;
  const [busiest] = ready.toSorted((a, b) => rate(b.perSecond) - rate(a.perSecond));
  return busiest ? { call: call(busiest.id) } : { why: 'No replica is ready.' };
}

const NOT_KNOWN = 'The agent cannot be asked how many replicas there are.';

function nthValue({ settings }: View, name: SettingName, index: number): Deed {
  const setting = settings.find((one) => one.name === name);
  const choice = setting?.values[index];
  if (!setting || !choice) return { why: `${setting?.label ?? name} has no value number ${index + 1}.` };
  return { switch: name, value: choice.value, label: `${setting.label}: ${choice.label}` };
}
