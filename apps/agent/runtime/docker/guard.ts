import { RuntimeError } from '../runtime.ts';

/**
 * Which containers may be touched at all. Whoever reaches the engine's socket is root on its machine, so this is the one
 * place where that power is made small: it is asked again at every order, about the container as the engine describes it
 * at that moment. Labels cannot be changed after a container was created, and full ids are never used again.
 */
export interface Scope {
  /** the compose project; nothing outside of it exists for us */
  project: string;
  /** full id of the container this program runs in; null = it runs in none */
  self: string | null;
}

/** The services that may be touched, whatever else is in the project: not the agent, not the reaper, nobody's database. */
export const SERVICES = ['shop', 'redis', 'proxy', 'console'] as const;
export type Service = (typeof SERVICES)[number];
/** The only service that is copied and removed. */
const SCALED: Service = 'shop';

/** Everything that is ever asked of a container. Not among it: create from a caller's wishes, exec, update, archive. */
export type Order = 'inspect' | 'start' | 'stop' | 'kill' | 'pause' | 'unpause' | 'logs' | 'copy' | 'remove';

export interface Subject {
  id: string;
  labels: Readonly<Record<string, string>>;
}

export const LABEL = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneoff: 'com.docker.compose.oneoff',
  /** on the copies made here: the full id of what was copied */
  copyOf: 'cartwreck.copy-of',
} as const;

/** Why this order is refused for this container; null: it may be carried out. */
export function refusal(scope: Scope, order: Order, { id, labels }: Subject): string | null {
  if (id === scope.self) return 'it is the container this program runs in';
  const project = labels[LABEL.project];
  if (project !== scope.project) {
    const whose = project === undefined ? 'to no compose project' : `to the project "${project}"`;
    return `it belongs ${whose}, and this is "${scope.project}"`;
  }
  const service = labels[LABEL.service];
  if (!isService(service)) {
    return `its service is "${service ?? ''}", and only ${SERVICES.join(', ')} are touched`;
  }
  // `docker compose run`: somebody's own errand.
  if (labels[LABEL.oneoff] !== 'False') return 'it is a one-off container, not part of the cluster';
  if (numberOf(labels) === null) return `it has no ${LABEL.number}`;
  if ((order === 'copy' || order === 'remove') && service !== SCALED)
    return `only containers of the service "${SCALED}" come and go, and its service is "${service}"`;
  return null;
}

/** Throws RuntimeError with the reason. */
export function requireOurs(scope: Scope, order: Order, subject: Subject): void {
  const why = refusal(scope, order, subject);
  if (why === null) return;
  throw new RuntimeError('failed', `refused to ${order} container ${subject.id.slice(0, 12)}: ${why}`);
}

export const isService = (name: string | undefined): name is Service => SERVICES.some((one) => one === name);

/** The number compose gave it: shop 2 is shop-2. */
export function numberOf(labels: Subject['labels']): number | null {
  const number = Number(labels[LABEL.number]);
  return Number.isInteger(number) && number >= 1 ? number : null;
}
