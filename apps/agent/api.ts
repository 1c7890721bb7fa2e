import { setTimeout as delay } from 'node:timers/promises';
import type { Express, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { createApi, finishApi, requireToken } from '../../lib/api.ts';
import { ApiError, badRequest } from '../../lib/api-error.ts';
import { parseDuration } from '../../lib/duration.ts';
import type { EventLog } from '../../lib/event-log.ts';
import { readBody } from '../../lib/read-body.ts';
import { sendEvents } from '../../lib/sse.ts';
import type { Agent } from './agent.ts';
import {
  type AgentEvent,
  DEPLOY_STRATEGIES,
  FAULTS,
  type FaultName,
  type FaultPlan,
  type FaultRequest,
  type FaultView,
} from './contract.ts';
import type { DeployHow } from './faults/action.ts';
import { MAX_DRAIN_MS } from './faults/actions/deploy.ts';
import { RuntimeError } from './runtime/runtime.ts';

const FAULT_NAMES = Object.keys(FAULTS) as [FaultName, ...FaultName[]];

/** An injection that takes longer (a deploy with a drain) goes on; its caller gets it as it is by then. */
const ANSWER_LIMIT_MS = 25_000;

const TARGET = z.union([
  z.string().min(1).max(200),
  z.strictObject({
    mode: z.enum(['one', 'all', 'fixed', 'percent']),
    value: z.number().optional(),
    where: z
      .union([
        z.enum(['oldest', 'newest', 'most-carts', 'whale']),
        z.templateLiteral(['session:', z.string().min(1)]),
      ])
      .optional(),
  }),
]);
const FAULT_BODY = z.strictObject({
  fault: z.enum(FAULT_NAMES),
  target: TARGET.optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  for: z.string().optional(),
  minHealthy: z.number().int().min(0).optional(),
  dryRun: z.boolean().optional(),
});
const REPLICAS_BODY = z.strictObject({ count: z.number() });
const DEPLOY_BODY = z.strictObject({
  strategy: z.enum([...DEPLOY_STRATEGIES, 'rolling']).default('in-place'),
  drain: z.string().default('0s'),
});

/**
 * The agent's own API, for the console alone: loopback or an internal network, and a token besides.
 *
 *   GET    /state                 members, faults, deploy
 *   GET    /events                server-sent events
 *   POST   /faults                {fault, target, with, for, minHealthy} → 201; with dryRun → 200 and nothing is done
 *   DELETE /faults/:id            undo
 *   PUT    /replicas              {count}
 *   POST   /deploys               {strategy, drain} → 202
 *   POST   /stop                  emergency stop: undoes everything, no faults until   POST /arm
 *   POST   /reset                 back to the start
 */
export function createAgentApi(options: {
  agent: Agent;
  events: EventLog<AgentEvent>;
  token: string;
  /** further names it may be called by, see createApi */
  hosts: readonly string[];
  log: Logger;
}): Express {
  const { agent, events } = options;
  const api = createApi({ hosts: options.hosts });
  api.use(requireToken(options.token));
  api.get('/state', (_req, res) => void res.json(agent.state()));
  api.get('/events', (req, res) => sendEvents(events, req, res));
  api.post(
    '/faults',
    verb((body) => injectOrPlan(agent, readBody(FAULT_BODY, body) as FaultRequest)),
  );
  api.delete(
    '/faults/:id',
    verb(async (_body, id) => [200, await agent.faults.undo(id, 'asked')]),
  );
  api.put(
    '/replicas',
    verb(async (body) => {
      await agent.scale(readBody(REPLICAS_BODY, body).count);
      return [200, agent.state()];
    }),
  );
  api.post(
    '/deploys',
    verb(async (body) => [202, agent.deploy(readHow(readBody(DEPLOY_BODY, body ?? {})))]),
  );
  api.post(
    '/stop',
    verb(async () => [200, await agent.stop()]),
  );
  api.post(
    '/arm',
    verb(async () => {
      agent.arm();
      return [200, { armed: true }];
    }),
  );
  api.post(
    '/reset',
    verb(async () => [200, { ms: await agent.reset() }]),
  );
  finishApi(api, options.log);
  return api;
}

/** A route that does something: what the runtime refuses becomes a refusal of the API. */
function verb(
  act: (body: unknown, id: string) => Promise<[status: number, answer: unknown]>,
): RequestHandler {
  return async (req, res) => {
    try {
      const [status, answer] = await act(req.body, String(req.params.id ?? ''));
      res.status(status).json(answer);
    } catch (error) {
      throw error instanceof RuntimeError ? asApiError(error) : error;
    }
  };
}

const STATUS: Record<RuntimeError['reason'], number> = { 'not-found': 404, 'wrong-state': 409, failed: 500 };

const asApiError = ({ reason, message }: RuntimeError): ApiError =>
  new ApiError(STATUS[reason], reason.replaceAll('-', '_'), message);

async function injectOrPlan(agent: Agent, request: FaultRequest): Promise<[number, FaultView | FaultPlan]> {
  if (request.dryRun) return [200, await agent.faults.plan(request)];
  let entered: FaultView | null = null;
  const injecting = agent.faults.inject(request, (view) => {
    entered = view;
  });
  // Nobody may be waiting for it any more when it fails; how it ends is in the events.
  injecting.catch(() => {});
  const answered = new AbortController();
  const late = delay(ANSWER_LIMIT_MS, null, { signal: answered.signal }).catch(() => null);
  try {
    const view = (await Promise.race([injecting, late])) ?? entered;
    return [201, view ?? (await injecting)];
  } finally {
    answered.abort();
  }
}

function readHow({ strategy, drain }: z.infer<typeof DEPLOY_BODY>): DeployHow {
  let drainMs: number;
  try {
    drainMs = parseDuration(drain);
  } catch (error) {
    throw badRequest('bad_time', `drain: ${(error as Error).message}`);
  }
  if (drainMs > MAX_DRAIN_MS) throw badRequest('bad_time', `drain: expected at most 60s, got "${drain}"`);
  return { strategy: strategy === 'rolling' ? 'in-place' : strategy, drainMs };
}
