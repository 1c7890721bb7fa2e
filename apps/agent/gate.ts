import type { RequestListener } from 'node:http';

/**
 * What answers on the agent's port from its first moment on. The other containers wait for it to be alive, long before
 * it has found them; until then every order is refused with the reason why.
 */
export interface Gate {
  listener: RequestListener;
  /** From now on the API answers. */
  open(api: RequestListener): void;
  /** Why it does not yet, in words for the instructor. True: that is news. */
  because(reason: string): boolean;
}

export function createGate(): Gate {
  let api: RequestListener | null = null;
  let reason = 'the agent is still starting';
  return {
    listener(req, res) {
      if (req.url === '/healthz') return answer(200, { status: 'alive' });
      if (api) return api(req, res);
      return answer(503, { error: { code: 'not_attached', message: reason } });

      function answer(status: number, body: object): void {
        res.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
        res.end(JSON.stringify(body));
      }
    },
    open(opened) {
      api = opened;
    },
    because(why) {
      const isNews = why !== reason;
      reason = why;
      return isNews;
    },
  };
}
