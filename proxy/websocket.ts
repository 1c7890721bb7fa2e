import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerTo, BAD_UPGRADE, NO_UPSTREAM } from './errors.ts';
import type { GatewayOptions } from './gateway.ts';
import { insertPin, refuseUpgrade } from './passage.ts';

/**
 * The gateway for WebSockets: same choice, one attempt. Once open, a socket stays with its upstream for life, whatever
 * the affinity says later; it counts as a request under way, so a drain waits for it.
 */
export function createUpgrader({ router, forward, record, pinCookie, onTrouble }: GatewayOptions) {
  return function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const wish = req.headers.upgrade;
    if (req.method !== 'GET' || wish?.toLowerCase() !== 'websocket')
      return refuseUpgrade(socket, BAD_UPGRADE);
    const route = router.plan(req);
    // Hop-by-hop fields were dropped, but these two are the handshake.
    Object.assign(req.headers, { connection: 'Upgrade', upgrade: wish });
    const upstream = route.next(router.turn);
    if (upstream === null) return refuseUpgrade(socket, NO_UPSTREAM);
    socket.once('close', record.began(upstream.id));
    forward.upgrade({
      req,
      socket,
      head,
      upstream,
      stamp: router.stampOf(route),
      onHead: (answer) => {
        const { insert, movedFrom } = route.outcome(upstream);
        if (insert === null) return;
        insertPin(answer.headers, pinCookie, insert);
        record.pinned(route.settings.affinity, upstream.id, movedFrom);
      },
      onFailure: (failure) => {
        onTrouble(upstream.id);
        refuseUpgrade(socket, answerTo(failure));
      },
    });
  };
}
