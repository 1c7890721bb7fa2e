import { type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import { type Link, readLease, readToxic } from '../../../lib/link.ts';
import type { Config } from '../config.ts';
import type { FaultState } from '../contract.ts';
import type { Sessions } from '../sessions/index.ts';
import type { CookieKeys } from '../sessions/keys.ts';
import type { Clock } from './clock.ts';
import { onlyAgent } from './only-agent.ts';
import { probeStore } from './store-link.ts';
import { sessionIn, toxicName, whole } from './words.ts';

const EXIT_CODE = { min: 0, max: 255 };
/** A blocked loop hears nobody, so nothing can end it sooner. */
const BLOCK_MS = { min: 1, max: 60_000 };
const YEAR_MS = 365 * 86_400_000;
const SKEW_MS = { min: -YEAR_MS, max: YEAR_MS };

export interface FaultParts {
  config: Config;
  sessions: Sessions;
  keys: CookieKeys;
  clock: Clock;
  storeLink: Link;
  log: Logger;
  /** Ends the process at once, nothing saved. */
  crash(code: number): void;
}

/**
 * With what the agent hurts this replica from inside:
 *
 *   GET    /state                what is wrong with it now
 *   GET    /holdings?session=ID  carts in its memory, lines of the largest, whether it holds that session
 *   POST   /crash                {"code":1}
 *   POST   /block-loop           {"ms":5000}
 *   PUT    /clock                {"byMs":7200000,"leaseMs":5000}         DELETE sets it right
 *   PUT    /store-link/:toxic    {"latencyMs":200,"leaseMs":5000}        DELETE takes it off
 *   GET    /store-link/probe     how one PING fares
 *   PUT    /keys                 {"keys":"kid:secret,…"}, the first signs
 */
export function faultPort(parts: FaultParts): Router {
  const { config, sessions, keys, clock, storeLink, log, crash } = parts;
  const port = Router();
  port.use(onlyAgent(config.clusterSecret));
  port.get('/state', (_req, res) => void res.json(state()));
  port.get('/holdings', (req, res) => void res.json(sessions.holdings(sessionIn(req.originalUrl))));
  port.get('/store-link/probe', async (_req, res) => {
    const { redisUrl } = config;
    res.json(redisUrl === null ? { ms: 0, failure: 'no REDIS_URL' } : await probeStore(storeLink, redisUrl));
  });
  port.post(
    '/crash',
    verb(({ code = 1 }) => crash.bind(null, whole('code', code, EXIT_CODE))),
  );
  port.post(
    '/block-loop',
    verb(({ ms }) => blocking(whole('ms', ms, BLOCK_MS))),
  );
  port.put(
    '/clock',
    verb(({ byMs, leaseMs }) => clock.skew(whole('byMs', byMs, SKEW_MS), readLease(leaseMs))),
  );
  port.delete(
    '/clock',
    verb(() => clock.right()),
  );
  port.put(
    '/store-link/:toxic',
    verb(({ leaseMs, ...said }, toxic) => storeLink.add(readToxic(toxic, said), readLease(leaseMs))),
  );
  port.delete(
    '/store-link/:toxic',
    verb((_body, toxic) => storeLink.remove([toxicName(toxic)], 'asked')),
  );
  port.put(
    '/keys',
    verb(({ keys: text }) => keys.replace(String(text ?? ''))),
  );
  return port;

  function state(): FaultState {
    return { clockByMs: clock.byMs, storeLink: storeLink.toxics, cookieKids: keys.all.map(({ kid }) => kid) };
  }

  /** Answers with the state it leads to, or 400 with the reason. What ends or blocks this process follows its answer. */
  function verb(act: (body: Body, toxic: string) => unknown): RequestHandler {
    return (req, res) => {
      try {
        const afterwards = act(req.body ?? {}, String(req.params.toxic ?? ''));
        log.debug({ path: req.path }, 'the fault port was asked');
        if (typeof afterwards === 'function')
          res.once('finish', () => setImmediate(afterwards as () => void));
        res.json(state());
      } catch (error) {
        res.status(400).json({ error: { code: 'bad_fault', message: (error as Error).message } });
      }
    };
  }
}

type Body = Readonly<Record<string, unknown>>;

/** A loop that does nothing is blocked as well as one that works, and leaves the processor to the others. */
const blocking = (ms: number) => () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
