import type { AgentEvent, MemberView } from '../../contract.ts';
import { eventOf, inOrder, unknownMember } from '../member-event.ts';
import { RuntimeError } from '../runtime.ts';
import type { Engine, Listed } from './engine.ts';
import type { Service } from './guard.ts';
import { inTurn } from './in-turn.ts';
import { DockerMember } from './member.ts';
import type { Services } from './services.ts';

interface RosterParts {
  engine: Engine;
  project: string;
  services: Services;
  now(): number;
  onEvent(event: AgentEvent): void;
  /** aborted = nobody watches any more */
  ended: AbortSignal;
}

/** Who the members are: kept in step with the containers that there are, whoever made or removed them. */
export class Roster {
  /** Nothing is told before this is set: what was there before us is no news. */
  tells = false;
  /** Lists the containers, and looks at each. */
  readonly refresh = inTurn(() => this.#refreshNow());
  readonly #parts: RosterParts;
  readonly #members = new Map<string, DockerMember>();
  /** of shops that were removed: their numbers come back, and their lives are counted on */
  readonly #boots = new Map<string, number>();
  /** shops that are being added: their container does not exist yet */
  readonly #coming = new Set<DockerMember>();

  constructor(parts: RosterParts) {
    this.#parts = parts;
    const services = Object.keys(parts.services) as Service[];
    for (const service of services) if (parts.services[service]?.role !== 'shop') this.#create(service, 1);
  }

  all(): DockerMember[] {
    return [...this.#members.values()];
  }

  views(): MemberView[] {
    return inOrder(this.all().map((member) => member.view()));
  }

  /** Throws RuntimeError with those there are. */
  find(id: string): DockerMember {
    const member = this.#members.get(id);
    if (member) return member;
    throw unknownMember(id, this.#members.keys());
  }

  /** A shop with the lowest free number; `work` gives it a container and resolves when it is a member like the others. */
  async admit(work: (shop: DockerMember, number: number) => Promise<void>): Promise<DockerMember> {
    let number = 1;
    while (this.#members.has(`shop-${number}`)) number++;
    const shop = this.#create('shop', number);
    this.#coming.add(shop);
    try {
      await work(shop, number);
      return shop;
    } finally {
      this.#coming.delete(shop);
    }
  }

  forget(member: DockerMember): void {
    const { id } = member;
    // Two may ask for its removal; it left once.
    if (this.#members.get(id) !== member) return;
    this.#members.delete(id);
    this.#boots.set(id, member.lives.boots);
    if (this.tells) this.#parts.onEvent({ type: 'replica.removed', replica: id });
  }

  async #refreshNow(): Promise<void> {
    const { engine, services } = this.#parts;
    const listed = new Map<string, Listed[]>();
    for (const one of await engine.list()) {
      if (!services[one.service]) continue;
      const id = this.#idOf(one.service, one.number);
      listed.set(id, [...(listed.get(id) ?? []), one]);
      if (!this.#members.has(id)) this.#create(one.service, one.number);
    }
    await Promise.all(this.all().map((member) => this.#follow(member, listed.get(member.id) ?? [])));
  }

  async #follow(member: DockerMember, containers: readonly Listed[]): Promise<void> {
    const chosen = choose(containers, member.container);
    if (chosen !== null && chosen !== member.container) await member.bind(chosen);
    else await member.look();
    const isGone = member.container === null && member.spec.role === 'shop';
    if (isGone && !this.#coming.has(member)) this.forget(member);
  }

  #create(service: Service, number: number): DockerMember {
    const { engine, project, services, now, ended } = this.#parts;
    const known = services[service];
    if (!known) throw new RuntimeError('not-found', `this cluster has no service "${service}"`);
    const id = this.#idOf(service, number);
    const { role, port, probe } = known;
    const network = `${project}_${known.network}`;
    const boots = this.#boots.get(id) ?? 0;
    const onState = (...change: [DockerMember, string, boolean]) => this.#changed(...change);
    const member = new DockerMember(
      { id, role, port, probe },
      { engine, network, now, onState, ended, boots },
    );
    this.#members.set(id, member);
    return member;
  }

  #idOf(service: Service, number: number): string {
    return this.#parts.services[service]?.role === 'shop' ? `shop-${number}` : service;
  }

  #changed(member: DockerMember, how: string, expected: boolean): void {
    if (member.state === 'starting') this.#takeAddress(member);
    const { spec, lives, state } = member;
    const { life, readyMs } = lives;
    const event = eventOf({ spec, life, state, readyMs }, how, expected);
    if (event && this.tells) this.#parts.onEvent(event);
  }

  /** Docker gives the address of a dead container to the next one: requests for the one must not reach the other. */
  #takeAddress({ lives: taker }: DockerMember): void {
    for (const { lives } of this.#members.values()) {
      const isSame = lives.address?.host === taker.address?.host;
      if (lives !== taker && isSame && lives.state === 'exited') lives.address = null;
    }
  }
}

/**
 * Of several containers with the same number the one that counts: compose makes the new one before it removes the old. In
 * this order: one that runs, the one we know, the newest.
 */
function choose(listed: readonly Listed[], current: string | null): string | null {
  const running = listed.filter(({ runs }) => runs);
  const candidates = running.length > 0 ? running : listed;
  const known = candidates.find(({ container }) => container === current);
  const [newest] = [...candidates].sort((a, b) => b.created - a.created);
  return (known ?? newest)?.container ?? null;
}
