import type { ClusterState } from '../contract.ts';
import { because, whyNone, whySome } from './caption-death.ts';
import type { Impact } from './scene.ts';
import { isHashed, isPinned, many, placeOf } from './words.ts';

/** Deploys, and another number of replicas. */
export const deploySentences = { deploy, resize };

function deploy(state: ClusterState, impact: Impact): string[] {
  const { carts, broken, again } = impact;
  const { deploy: view } = state;
  const running = view?.state === 'running';
  if (running) {
    const twice = again > 0 ? `, ${again} of them twice` : '';
    const fact = `Deploying ${Math.min(view.replaced + 1, view.of)} of ${view.of}`;
    return [`${fact}: ${many(broken, 'cart')} broken so far${twice}.`];
  }
  const who = view?.state === 'failed' ? 'The deploy that stopped half way' : 'The deploy';
  if (carts === 0) return [`${who} broke no cart: nobody was shopping.`];
  const fact = `${who} broke ${broken} of ${many(carts, 'cart')}`;
  if (again > 0) return [`${fact}, ${again} of them twice.`];
  return because(fact, broken === 0 ? whyNone(state, impact) : whySome(state, impact));
}

function resize(state: ClusterState, impact: Impact): string[] {
  const { carts, broken, targets, what, kind } = impact;
  const isOut = kind === 'scale.out' || targets.length === 0;
  const numbers = /^(\d+) → (\d+)/.exec(what);
  const deed =
    numbers === null
      ? kind === 'scale.out'
        ? 'Adding replicas'
        : 'Removing replicas'
      : `Going from ${numbers[1]} to ${numbers[2]} replicas`;
  if (carts === 0) return [`${deed} broke no cart: nobody was shopping.`];
  const fact = `${deed} broke ${broken} of ${many(carts, 'cart')}`;
  if (!isOut) return because(fact, broken === 0 ? whyNone(state, impact) : whySome(state, impact));
  if (broken === 0) return because(fact, whyUntouched(state));
  const moved = state.settings?.sessions === 'memory' && isHashed(state);
  return because(fact, moved ? 'The hash moved their shoppers.' : null);
}

function whyUntouched(state: ClusterState): string | null {
  const place = placeOf(state);
  if (place === null) return null;
  if (state.settings?.sessions !== 'memory') return `Each lives in ${place}.`;
  return isPinned(state) && !isHashed(state) ? 'Pinned shoppers stay pinned.' : null;
}
