import type { Express } from 'express';
import { badRequest, notFound } from '../../lib/api-error.ts';
import { isToxicName, readLease, readToxic, TOXIC_NAMES, type ToxicName } from '../../lib/link.ts';
import type { ProbeView } from '../contract.ts';
import type { Links } from '../forward/links.ts';
import { probe } from '../health/checks.ts';
import { findUpstream, type Upstream } from '../pool.ts';
import type { ProxyState } from '../state.ts';

/** A probe that has no answer by then has found out enough. */
const PROBE_LIMIT_MS = 1000;

/**
 *   GET    /links                    the links with something wrong
 *   PUT    /links/:upstream/:toxic   {"latencyMs":200,"jitterMs":0,"leaseMs":5000}, see lib/link/toxics.ts
 *   DELETE /links/:upstream/:toxic   well again; a success when it is already
 *   GET    /links/:upstream/probe    how one request fares
 *
 * A fault of a link ends when its lease does: whoever wants it longer asks again in time.
 */
export function addLinkRoutes(api: Express, { state, links }: { state: ProxyState; links: Links }): void {
  api.get('/links', (_req, res) => void res.json(links.list()));
  api.get('/links/:upstream/probe', async (req, res) => {
    res.json(await timed(known(req.params.upstream)));
  });
  api.put('/links/:upstream/:toxic', (req, res) => {
    const { id } = known(req.params.upstream);
    res.json(links.add(id, ...readFault(req.params.toxic, req.body)));
  });
  // An upstream that is gone has a link to mend all the same.
  api.delete('/links/:upstream/:toxic', (req, res) => {
    res.json(links.remove(req.params.upstream, [readName(req.params.toxic)]));
  });

  function known(id: string): Upstream {
    const upstream = findUpstream(state.pool, id);
    if (upstream) return upstream;
    const names = state.pool.all.map((one) => one.id).join(', ');
    throw notFound(`no upstream "${id}"; there are ${names || 'none'}`);
  }

  async function timed(upstream: Upstream): Promise<ProbeView> {
    const started = performance.now();
    const { failure } = await probe(upstream, links, { path: '/healthz', timeoutMs: PROBE_LIMIT_MS });
    return { ms: Math.round(performance.now() - started), failure };
  }
}

function readFault(name: string, body: unknown): [toxics: ReturnType<typeof readToxic>, leaseMs: number] {
  const { leaseMs, ...said } = (body ?? {}) as Record<string, unknown>;
  try {
    return [readToxic(name, said), readLease(leaseMs)];
  } catch (error) {
    throw badRequest('bad_toxic', (error as Error).message);
  }
}

function readName(name: string): ToxicName {
  if (isToxicName(name)) return name;
  throw badRequest('bad_toxic', `expected one of ${TOXIC_NAMES.join(', ')}, got "${name}"`);
}
