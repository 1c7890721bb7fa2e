import type { IncomingMessage } from 'node:http';
import type { Affinities } from './affinity/index.ts';
import type { AnswerFacts } from './affinity/strategy.ts';
import type { BalanceFacts } from './balance/balance.ts';
import { SmoothTurns } from './balance/smooth.ts';
import { isEvenNow, weightNow } from './balance/weight.ts';
import { cleanRequestHeaders, clientAddressOf, originForm } from './edge/headers.ts';
import { type CookieNames, HttpAnswerFacts, HttpRequestFacts } from './facts.ts';
import { clientOf, type PinnedClients } from './metrics/pinned.ts';
import type { Upstream } from './pool.ts';
import { planRoute, type Route, type RouteOutcome } from './route.ts';
import type { ProxyState } from './state.ts';

/** Reads of a request what routing needs, and stamps what goes on. The seam between headers and decisions. */
export interface Router {
  /** The affinity is decided, and what the client claims about itself is dropped from its headers. */
  plan(req: IncomingMessage): Route;
  /** The same request, with the upstreams as they are now. */
  replan(route: Route): Route;
  /** What the balance rules may ask. */
  readonly balanceFacts: BalanceFacts;
  /** Reads of an answer what affinities learn from. */
  readAnswer(head: IncomingMessage): AnswerFacts;
  readonly cookies: CookieNames;
  /** `served` has answered: counts the client where it came because it is tied there. */
  countPinned(route: Route, served: string, outcome: RouteOutcome): void;
  /** The settings as the replica gets them, with the proof that they come from this cluster's proxy. */
  stampOf(route: Route): Record<string, string>;
}

export interface RouterOptions {
  affinities: Affinities;
  cookies: CookieNames;
  pinned: PinnedClients;
  trustedHops: number;
  secret: string;
  /** how long a slow start takes */
  slowStartMs: number;
  /** requests under way at an upstream */
  inFlight(upstream: string): number;
  /** as Math.random */
  random(): number;
  /** as performance.now */
  now(): number;
  /** as Date.now */
  wallMs(): number;
}

export function createRouter(state: ProxyState, options: RouterOptions): Router {
  const { cookies: names, now, wallMs, inFlight, random } = options;
  const smoothTurns = new SmoothTurns();
  const slowStartMs = () => (state.settings.slowStart === 'on' ? options.slowStartMs : 0);
  const weight = (upstream: Upstream) => weightNow(upstream, slowStartMs(), now);
  let turns = 0;
  return {
    plan(req) {
      const clientAddress = clientAddressOf(req, options.trustedHops);
      const facts = new HttpRequestFacts(req, { clientAddress, names, now, wallMs, inFlight });
      cleanRequestHeaders(req, clientAddress);
      req.url = originForm(req.url ?? '/');
      return planRoute(facts, state.pool, state.settings, options.affinities);
    },
    replan: (route) => planRoute(route.facts, state.pool, route.settings, options.affinities, route),
    balanceFacts: {
      turn: () => turns++,
      random,
      inFlight,
      weight,
      isEven: () => isEvenNow(state.pool, slowStartMs(), now),
      smooth: (upstreams) => smoothTurns.next(upstreams, state.pool.wanted, weight),
    },
    readAnswer: (head) => new HttpAnswerFacts(head, names),
    cookies: names,
    countPinned({ settings, facts }, served, { letters, movedFrom }) {
      const came = letters.startsWith('V');
      if (!came && movedFrom === null) return;
      const client = clientOf(facts, settings.affinity);
      if (came) options.pinned.came(client, served, now());
      else options.pinned.left(client);
    },
    stampOf: ({ settings }) => ({
      'x-cartwreck-secret': options.secret,
      'x-cartwreck-epoch': String(settings.epoch),
      'x-cartwreck-sessions': settings.sessions,
    }),
  };
}
