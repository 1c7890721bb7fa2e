import type { ClusterState } from '../contract.ts';
import type { Teller } from './caption-fault.ts';
import type { Impact } from './scene.ts';
import { counted, isHashed, many, named, whose } from './words.ts';

/** What ends lives of replicas: their memory is gone. `deed` goes before the name: "Killing". */
export const deathSentences =
  (deed: string): Teller =>
  (state, impact) =>
    [named(impact.targets), counted(impact.targets)].flatMap((who) => told(state, impact, `${deed} ${who}`));

function told(state: ClusterState, impact: Impact, deed: string): string[] {
  const { carts, broken } = impact;
  if (carts === 0) return [`${deed} broke no cart: nobody was shopping.`];
  const fact = `${deed} broke ${broken} of ${many(carts, 'cart')}`;
  const cause = broken === 0 ? whyNone(state, impact) : whySome(state, impact);
  if (cause === null) return [broken === 0 ? `${fact} so far.` : `${fact}.`];
  return because(fact, cause);
}

/** The fact with its cause, as long as that fits. */
export const because = (fact: string, cause: string | null): string[] =>
  cause === null
    ? [`${fact}.`]
    : [`${fact}. ${cause}`, `${fact}. ${cause.replace(/in (its|their) memory/, 'there')}`, `${fact}.`];

/** Why the broken ones broke, as far as it is known where each had lived. */
export function whySome(state: ClusterState, { broken, fromTargets, targets }: Impact): string | null {
  // Where a cart had last been right is where it lived only while carts live in replicas.
  if (state.settings?.sessions !== 'memory') return null;
  const memory = `${whose(targets)} memory`;
  if (fromTargets === broken)
    return broken === 1 ? `It lived only in ${memory}.` : `All ${broken} lived only in ${memory}.`;
  if (isHashed(state) && fromTargets > 0) return `${fromTargets} lived there, the hash moved the rest.`;
  return fromTargets === 0 ? null : `${fromTargets} of them lived in ${memory}.`;
}

/** Why nothing broke, or not yet; null = not known. */
export function whyNone({ settings, scene }: ClusterState, { targets, t }: Impact): string | null {
  // Others may have left sessions in that memory: they are not why the carts of now are right.
  if (settings?.sessions === 'redis') return 'They all live in Redis.';
  if (settings?.sessions === 'cookie') return 'Each shopper carries its own.';
  const ended = scene.deaths.filter((death) => death.t >= t && targets.includes(idOf(death.life)));
  const sessions = ended.reduce((sum, death) => sum + (death.sessions ?? 0), 0);
  if (sessions > 0) return `${many(sessions, 'session')} in ${whose(targets)} memory ${be(sessions)} gone.`;
  const nothing = ended.length > 0 && ended.every((death) => death.sessions === 0);
  return nothing ? `No session lived in ${whose(targets)} memory.` : null;
}

const be = (count: number): string => (count === 1 ? 'is' : 'are');
const idOf = (life: string): string => life.split('#')[0] ?? life;
