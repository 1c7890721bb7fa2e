import type { Express, RequestHandler } from 'express';
import { z } from 'zod';
import { ApiError, badRequest } from '../../lib/api-error.ts';
import { callApi, type Method } from '../../lib/call.ts';
import { parseDuration } from '../../lib/duration.ts';
import { readBody } from '../../lib/read-body.ts';
import { sendEvents } from '../../lib/sse.ts';
import { FAULTS, type FaultName, type FaultRow } from '../agent/contract.ts';
import { limitReaders } from './access/readers.ts';
import type { ConsoleFlags } from './config.ts';
import type { ClusterState } from './contract.ts';
import type { Story } from './events.ts';
import { readProgress } from './progress.ts';
import type { Runs } from './runs/load.ts';
import { readCluster } from './snapshot.ts';

/** Longer than a deploy step or a reset takes, shorter than a teacher's patience. */
const AGENT_LIMIT_MS = 30_000;
/** The proxy changes its settings between two requests; longer than this it does not answer at all. */
const PROXY_LIMIT_MS = 2000;
const MAX_SHOPPERS = 500;
const MAX_LOAD_MS = 3_600_000;
/** Each open page is one. A page that finds no room says so and tries again. */
const MAX_READERS = 64;

const LOAD_BODY = z.strictObject({
  shoppers: z.number().int().min(1).max(MAX_SHOPPERS),
  duration: z.string().default('10m'),
  seed: z.number().int().min(0).optional(),
});

/**
 * The control API: every button of the pages and every verb of the scripts is one of these calls. Who may make which is
 * decided before (access/rules.ts).
 *
 *   GET   /api/state            snapshot, read back from proxy and agent
 *   GET   /api/events           server-sent events of the whole cluster, resumes with Last-Event-ID or ?after=
 *   GET   /api/settings         PATCH /api/settings   any subset; answers the new value
 *   PATCH /api/upstreams/:id    {admin, deadlineMs, weight}: what the operator wants of a replica at the proxy
 *   POST  /api/faults           {fault, target, with, for} → 201 {id, …}; with dryRun (or ?dry) → 200, nothing is done
 *   DEL   /api/faults/:id       undo
 *   PUT   /api/replicas         {count}
 *   POST  /api/deploys          {strategy, drain} → 202
 *   POST  /api/load             {shoppers, duration, seed}      DELETE /api/load
 *   POST  /api/stop             emergency stop: undoes everything, no faults until   POST /api/arm
 *   POST  /api/reset            back to how it started
 *   POST  /api/progress         from the load script: {events}
 */
export function addApi(
  api: Express,
  parts: { flags: ConsoleFlags; story: Story; runs: Runs; phones: () => ClusterState['phones'] },
): void {
  const { flags, story, runs, phones } = parts;
  const toProxy = { base: flags['proxy-url'], token: '', timeoutMs: PROXY_LIMIT_MS };
  const toAgent = { base: flags['agent-url'], token: flags['agent-token'], timeoutMs: AGENT_LIMIT_MS };
  const proxy = (method: Method) => pass(method, toProxy);
  const agent = (method: Method) => pass(method, toAgent);

  api.get('/api/state', async (_req, res) => {
    res.json(await readCluster({ flags, story, loadRunning: runs.running(), phones: phones() }));
  });
  api.get('/api/events', limitReaders(MAX_READERS), (req, res) => sendEvents(story.log, req, res));
  api.get('/api/settings', proxy('GET'));
  api.patch('/api/settings', proxy('PATCH'));
  api.patch('/api/upstreams/:id', proxy('PATCH'));
  api.post('/api/faults', dryByQuery, (req, res, next) => {
    requireShoppers(req.body, story);
    return agent('POST')(req, res, next);
  });
  api.delete('/api/faults/:id', agent('DELETE'));
  api.put('/api/replicas', agent('PUT'));
  api.post('/api/deploys', agent('POST'));
  api.post('/api/stop', agent('POST'));
  api.post('/api/arm', agent('POST'));
  api.post('/api/reset', async (req, res, next) => {
    // Shoppers of before would see the reset as a loss that nobody caused.
    await runs.stop();
    return agent('POST')(req, res, next);
  });
  api.post('/api/load', (req, res) => {
    const request = readBody(LOAD_BODY, req.body);
    requireDuration(request.duration);
    runs.start(request);
    res.status(202).json({ running: true });
  });
  api.delete('/api/load', async (_req, res) => {
    await runs.stop();
    res.json({ running: false });
  });
  api.post('/api/progress', (req, res) => {
    story.tell(readProgress(req.body));
    res.status(204).end();
  });
}

/** Hands a call on to the part that has the power, and its answer back, refusals included. */
function pass(
  method: Method,
  { base, ...to }: { base: string; token: string; timeoutMs: number },
): RequestHandler {
  return async (req, res) => {
    const path = req.path.replace(/^\/api/, '');
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: req.body };
    const answer = await callApi(`${base}${path}`, { method, ...to, ...body });
    const status = SUCCESS[`${method} ${path}`] ?? 200;
    res.status(isDry(req.body) ? 200 : status).json(answer);
  };
}

const SUCCESS: Record<string, number> = { 'POST /faults': 201, 'POST /deploys': 202 };

const isDry = (body: unknown): boolean => (body as { dryRun?: unknown } | undefined)?.dryRun === true;

/** `POST /api/faults?dry` is the same as `"dryRun": true`. */
const dryByQuery: RequestHandler = (req, _res, next) => {
  if (req.query.dry !== undefined && typeof req.body === 'object') req.body = { ...req.body, dryRun: true };
  next();
};

/** What shoppers are to do is carried out by the load script: without one it would only be announced. */
function requireShoppers(body: unknown, story: Story): void {
  const { fault } = (body ?? {}) as { fault?: string };
  const row: FaultRow | undefined = fault === undefined ? undefined : FAULTS[fault as FaultName];
  if (row?.role !== 'client' || isDry(body) || story.loadReports()) return;
  throw new ApiError(
    409,
    'no_load',
    `${fault} is carried out by the shoppers of a load, and none reports: start one with npm run load`,
  );
}

function requireDuration(text: string): void {
  try {
    const ms = parseDuration(text);
    if (ms > 0 && ms <= MAX_LOAD_MS) return;
  } catch (error) {
    throw badRequest('bad_time', `duration: ${(error as Error).message}`);
  }
  throw badRequest('bad_time', `duration: expected more than 0 and at most 1h, got "${text}"`);
}
