import type { IncomingMessage } from 'node:http';
import { cleanRequestHeaders, clientAddressOf, cookieValue, originForm } from './headers.ts';
import { planRoute, type Route } from './route.ts';
import type { ProxyState } from './state.ts';

/** Reads of a request what routing needs, and stamps what goes on. The seam between headers and decisions. */
export interface Router {
  /** The affinity is decided, and what the client claims about itself is dropped from its headers. */
  plan(req: IncomingMessage): Route;
  /** Counts requests that are tied to nobody, for round robin. */
  turn(): number;
  /** The settings as the replica gets them, with the proof that they come from this cluster's proxy. */
  stampOf(route: Route): Record<string, string>;
}

export function createRouter(
  state: ProxyState,
  options: { pinCookie: string; trustedHops: number; secret: string },
): Router {
  let turns = 0;
  return {
    plan(req) {
      const clientAddress = clientAddressOf(req, options.trustedHops);
      const pinCookie = cookieValue(req.headers.cookie, options.pinCookie);
      cleanRequestHeaders(req, clientAddress);
      req.url = originForm(req.url ?? '/');
      return planRoute({ clientAddress, pinCookie }, state.pool, state.settings);
    },
    turn: () => turns++,
    stampOf: ({ settings }) => ({
      'x-cartwreck-secret': options.secret,
      'x-cartwreck-epoch': String(settings.epoch),
      'x-cartwreck-sessions': settings.sessions,
    }),
  };
}
