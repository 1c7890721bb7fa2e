import type { IncomingMessage } from 'node:http';
import type { Affinities } from './affinity/index.ts';
import type { AnswerFacts } from './affinity/strategy.ts';
import type { BalanceFacts } from './balance/balance.ts';
import { type CookieNames, HttpAnswerFacts, HttpRequestFacts } from './facts.ts';
import { cleanRequestHeaders, clientAddressOf, originForm } from './headers.ts';
import { planRoute, type Route } from './route.ts';
import type { ProxyState } from './state.ts';

/** Reads of a request what routing needs, and stamps what goes on. The seam between headers and decisions. */
export interface Router {
  /** The affinity is decided, and what the client claims about itself is dropped from its headers. */
  plan(req: IncomingMessage): Route;
  /** What the balance rules may ask. */
  readonly balanceFacts: BalanceFacts;
  /** Reads of an answer what affinities learn from. */
  readAnswer(head: IncomingMessage): AnswerFacts;
  readonly cookies: CookieNames;
  /** The settings as the replica gets them, with the proof that they come from this cluster's proxy. */
  stampOf(route: Route): Record<string, string>;
}

export interface RouterOptions {
  affinities: Affinities;
  cookies: CookieNames;
  trustedHops: number;
  secret: string;
  /** requests under way at an upstream */
  inFlight(upstream: string): number;
  /** as Math.random */
  random(): number;
  /** as performance.now */
  now(): number;
}

export function createRouter(state: ProxyState, options: RouterOptions): Router {
  const { cookies: names, now, inFlight, random } = options;
  let turns = 0;
  return {
    plan(req) {
      const clientAddress = clientAddressOf(req, options.trustedHops);
      const facts = new HttpRequestFacts(req, { clientAddress, names, now, inFlight });
      cleanRequestHeaders(req, clientAddress);
      req.url = originForm(req.url ?? '/');
      return planRoute(facts, state.pool, state.settings, options.affinities);
    },
    balanceFacts: { turn: () => turns++, random, inFlight, weight: ({ weight }) => weight },
    readAnswer: (head) => new HttpAnswerFacts(head, names),
    cookies: names,
    stampOf: ({ settings }) => ({
      'x-cartwreck-secret': options.secret,
      'x-cartwreck-epoch': String(settings.epoch),
      'x-cartwreck-sessions': settings.sessions,
    }),
  };
}
