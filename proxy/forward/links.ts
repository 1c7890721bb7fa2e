import { Agent } from 'node:http';
import type { TcpNetConnectOpts } from 'node:net';
import type { EventLog } from '../../lib/event-log.ts';
import { Link, type ToxicName, type Toxics } from '../../lib/link.ts';
import type { LinkView, ProxyEvent } from '../contract.ts';
import { MAX_NAMES } from '../pool.ts';
import { UpstreamAgent } from './upstream-agent.ts';

/** The way to one upstream: every connection to it, of traffic and of health checks, is made here. */
export interface Way {
  link: Link;
  /** keeps connections open, for traffic */
  agent: UpstreamAgent;
  /** a connection for each request, for health checks */
  once: Agent;
}

/**
 * The proxy's links, by the upstream's name: a fault of a link outlives a new life and a new address of its replica, as
 * a bad cable would.
 */
export class Links {
  readonly #ways = new Map<string, Way>();
  readonly #events: EventLog<ProxyEvent>;

  constructor(events: EventLog<ProxyEvent>) {
    this.#events = events;
  }

  to(upstream: string): Way {
    const known = this.#ways.get(upstream);
    if (known) return known;
    if (this.#ways.size >= MAX_NAMES) this.#forgetUnused();
    const link = new Link((toxics, why) => this.#events.add({ type: 'link.changed', upstream, toxics, why }));
    const connect = (options: TcpNetConnectOpts) => link.connect(options);
    const agent = new UpstreamAgent(connect);
    const once = new Agent();
    once.createConnection = connect as Agent['createConnection'];
    const way = { link, agent, once };
    this.#ways.set(upstream, way);
    return way;
  }

  /** Goes on for `leaseMs` at the longest, unless it is asked for again. */
  add(upstream: string, toxics: Toxics, leaseMs: number): LinkView {
    const { link } = this.to(upstream);
    link.add(toxics, leaseMs);
    return { upstream, toxics: link.toxics };
  }

  remove(upstream: string, names: readonly ToxicName[]): LinkView {
    const link = this.#ways.get(upstream)?.link;
    link?.remove(names, 'asked');
    return { upstream, toxics: link?.toxics ?? {} };
  }

  /** Those with something wrong. */
  list(): LinkView[] {
    const views = [...this.#ways].map(([upstream, { link }]) => ({ upstream, toxics: link.toxics }));
    return views.filter(({ toxics }) => Object.keys(toxics).length > 0);
  }

  /** Whoever needs one again gets another. */
  #forgetUnused(): void {
    for (const [upstream, { link, agent }] of this.#ways) {
      if (!agent.isOpen && Object.keys(link.toxics).length === 0) this.#ways.delete(upstream);
    }
  }

  close(): void {
    for (const { agent, once } of this.#ways.values()) {
      agent.destroy();
      once.destroy();
    }
  }
}
