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
import { type AgentEvent, FAULTS, type FaultName, type FaultRequest } from './contract.ts';
import { RuntimeError } from './runtime/runtime.ts';

const FAULT_NAMES = Object.keys(FAULTS) as [FaultName, ...FaultName[]];

/** Within what a caller of the API waits for an answer. */
const MAX_GRACE_MS = 20_000;
/** Per replica: a class waits no longer. */
const MAX_DRAIN_MS = 60_000;

const FAULT_BODY = z.strictObject({
  fault: z.enum(FAULT_NAMES),
  target: z.string().min(1),
  with: z.strictObject({ graceMs: z.number().int().min(0).max(MAX_GRACE_MS).optional() }).optional(),
  for: z.string().optional(),
});
const REPLICAS_BODY = z.strictObject({ count: z.number() });
const DEPLOY_BODY = z.strictObject({
  strategy: z.enum(['in-place', 'rolling']).optional(),
  drain: z.string().optional(),
});

/**
 * The agent's own API, for the console alone: loopback or an internal network, and a token besides.
 *
 *   GET    /state                 members, faults, deploy
 *   GET    /events                server-sent events
 *   POST   /faults                {fault, target, with, for} → 201
 *   DELETE /faults/:id            undo
 *   PUT    /replicas              {count}
 *   POST   /deploys               {strategy, drain} → 202
 *   POST   /reset                 back to the start
 */
export function createAgentApi(options: {
  agent: Agent;
  events: EventLog<AgentEvent>;
  token: string;
  log: Logger;
}): Express {
  const { agent, events } = options;
  const api = createApi();
  api.use(requireToken(options.token));
  api.get('/state', (_req, res) => void res.json(agent.state()));
  api.get('/events', (req, res) => sendEvents(events, req, res));
  api.post(
    '/faults',
    verb(async (body) => [201, await agent.faults.inject(readBody(FAULT_BODY, body) as FaultRequest)]),
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
    verb(async (body) => [202, agent.deploy(readDrain(readBody(DEPLOY_BODY, body ?? {}).drain))]),
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

function readDrain(drain: string | undefined): number {
  let ms: number;
  try {
    ms = drain === undefined ? 0 : parseDuration(drain);
  } catch (error) {
    throw badRequest('bad_time', `drain: ${(error as Error).message}`);
  }
  if (ms > MAX_DRAIN_MS) throw badRequest('bad_time', `drain: expected at most 60s, got "${drain}"`);
  return ms;
}
