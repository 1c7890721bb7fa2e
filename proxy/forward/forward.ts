import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Upstream } from '../pool.ts';
import { type UpgradeAttempt, watchUpgrade } from '../streams/upgrade.ts';
import { type Attempt, LiveAttempt, type Outcome, type Timeouts } from './attempt.ts';
import type { Links } from './links.ts';
import { httpProxy } from './quiet-http-proxy.ts';

export interface Forward {
  send(attempt: Attempt): Promise<Outcome>;
  upgrade(attempt: UpgradeAttempt): void;
}

/**
 * Moves bytes with http-proxy, and mends what http-proxy 1.18.1 leaves open: clients that hang when an upstream dies
 * mid-body, upstream requests that outlive their client, hop-by-hop fields, connections closed after each request, no
 * way to tell "never sent" from "perhaps done". The mending of one request is `attempt.ts`.
 */
export function createForward(timeouts: Timeouts, links: Links): Forward {
  // toProxy: the path goes on as it came. Otherwise http-proxy parses it as a URL, escapes some of it and throws on some.
  const proxy = httpProxy.createProxyServer({ toProxy: true, selfHandleResponse: true });
  const upgrades = new WeakMap<IncomingMessage, UpgradeAttempt>();
  const failures = new WeakMap<IncomingMessage, ReturnType<typeof watchUpgrade>>();

  proxy.on('proxyReq', (proxyReq, _req, res) => liveOf(res)?.begin(proxyReq));
  proxy.on('proxyRes', (answer, _req, res) => liveOf(res)?.head(answer));
  // http-proxy reports a client that left under this name, past the callback.
  proxy.on('econnreset', (_error, _req, res) => liveOf(res as ServerResponse)?.clientGone());
  // Emitted before http-proxy adds its own listeners, so that fields added here are written to the client.
  proxy.on('proxyReqWs', (proxyReq, req) => {
    const attempt = upgrades.get(req);
    if (attempt) failures.set(req, watchUpgrade(proxyReq, attempt, timeouts));
  });

  return {
    send: (attempt) =>
      new Promise((resolve) => {
        const live = new LiveAttempt(attempt, timeouts, resolve);
        (attempt.res as Carrier)[LIVE] = live;
        const { req, res, upstream, stamp, body } = attempt;
        const options = {
          target: targetOf(upstream),
          agent: links.to(upstream.id).agent,
          headers: stamp,
          buffer: body as unknown as IncomingMessage,
        };
        proxy.web(req, res, options, (error) => live.failed(error));
      }),
    upgrade(attempt) {
      const { req, socket, head, upstream, stamp } = attempt;
      upgrades.set(req, attempt);
      const { agent } = links.to(upstream.id);
      const options = { target: targetOf(upstream), agent, headers: stamp };
      proxy.ws(req, socket, head, options, () => {
        const failure = failures.get(req)?.();
        if (failure && socket.writable) attempt.onFailure(failure);
      });
    },
  };
}

/**
 * On the response itself and not in a WeakMap: in V8 a WeakMap's values outlive the quick collections, so that all that
 * hangs on a request would grow old before it is collected.
 */
const LIVE = Symbol('the attempt under way');
type Carrier = ServerResponse & { [LIVE]?: LiveAttempt };
const liveOf = (res: ServerResponse): LiveAttempt | undefined => (res as Carrier)[LIVE];

const targetOf = ({ host, port }: Upstream) => ({ protocol: 'http:', host, port });
