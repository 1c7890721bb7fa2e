import type { RequestHandler } from 'express';
import { LOAD_HEADER, type MemoryLoad } from './contract.ts';
import { Refusal } from './errors.ts';

/** Whether this replica may get sessions. Being alive is another question, and always answered yes. */
export interface Health {
  settled(): void;
  drain(): void;
  live: RequestHandler;
  ready: RequestHandler;
}

/**
 * `starting` until the stores were reached once (or given up on), then `ready` until `drain`.
 *
 * A store that dies LATER does not make the replica unready. All replicas share it: a readiness that asked the
 * store would take the whole fleet out at the same moment, with nobody left to answer even with an error.
 *
 * `load` is told along: who looks after a replica asks often anyway, and whoever watches needs no requests of its own.
 */
export function createHealth(load: () => MemoryLoad): Health {
  let state: 'starting' | 'ready' | 'draining' = 'starting';
  return {
    settled: () => {
      if (state === 'starting') state = 'ready';
    },
    drain: () => {
      state = 'draining';
    },
    live: (_req, res) => void res.json({ status: 'alive' }),
    ready: (_req, res) => {
      res.set(LOAD_HEADER, loadText(load()));
      if (state !== 'ready') throw new Refusal(state);
      res.json({ status: 'ready' });
    },
  };
}

const loadText = ({ filled, empty }: MemoryLoad): string =>
  `TEXT named_metrics.sessions_filled=${filled},named_metrics.sessions_empty=${empty}`;
