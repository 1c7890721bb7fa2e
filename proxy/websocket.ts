import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerTo, BAD_UPGRADE, NOT_FOR_CLIENTS } from './errors.ts';
import type { GatewayOptions } from './gateway.ts';
import { isReserved } from './headers.ts';
import { announce, nobodyFor, refuseUpgrade, type Trail } from './passage.ts';

/**
 * The gateway for WebSockets: same choice, one attempt. Once open, a socket stays with its upstream for life, whatever
 * the affinity says later; it counts as a request under way, so a drain waits for it.
 */
export function createUpgrader({ router, forward, record, onTrouble }: GatewayOptions) {
  return function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    // SUBTLE: Node took its own listener away with the upgrade; without one a client's reset would end the process.
    socket.on('error', () => socket.destroy());
    // Whoever ended our side, there is nothing left to hear from the client.
    socket.once('finish', () => socket.destroy());
    const wish = req.headers.upgrade;
    const sound = isHandshake(req);
    const route = router.plan(req);
    const trail: Trail = { route, attempts: [], letters: route.letters() };
    if (isReserved(req.url)) return refuseUpgrade(socket, NOT_FOR_CLIENTS, trail);
    if (!sound) return refuseUpgrade(socket, BAD_UPGRADE, trail);
    // Hop-by-hop fields were dropped, but these two are the handshake.
    Object.assign(req.headers, { connection: 'Upgrade', upgrade: wish });
    const upstream = route.next(router.balanceFacts);
    if (upstream === null) return refuseUpgrade(socket, nobodyFor(route), trail);
    socket.once('close', record.began(upstream.id));
    forward.upgrade({
      req,
      socket,
      head,
      upstream,
      stamp: router.stampOf(route),
      onHead: (answer) => announce(trail, upstream, answer, { router, record }),
      onFailure: (failure) => {
        trail.attempts.push({ upstream: upstream.id, outcome: failure.reason });
        onTrouble(upstream.id);
        refuseUpgrade(socket, answerTo(failure), trail);
      },
    });
  };
}

/** A body in front of a WebSocket would be read by the upstream as its next request. */
function isHandshake({ method, headers }: IncomingMessage): boolean {
  const hasBody = (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && !hasBody;
}
