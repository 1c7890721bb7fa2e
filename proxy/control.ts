import type { Express } from 'express';
import type { Logger } from 'pino';
import { createApi, finishApi } from '../lib/api.ts';
import { ApiError, badRequest, notFound } from '../lib/api-error.ts';
import { sendEvents } from '../lib/sse.ts';
import type { StickTable } from './affinity/stick-table.ts';
import type { TableView, UpstreamAddress, UpstreamView } from './contract.ts';
import { addLinkRoutes } from './link-routes.ts';
import type { Links } from './links.ts';
import type { Metrics } from './metrics.ts';
import { findUpstream, stateOf } from './pool.ts';
import { SettingsError } from './settings.ts';
import type { ProxyState } from './state.ts';

/**
 * The control plane, on a port of its own. Every route on one screen:
 *
 *   GET   /settings        the settings
 *   PATCH /settings        any subset; answers the new value
 *   GET   /upstreams       every upstream with its state and numbers
 *   PUT   /upstreams       the whole list, told by the runtime
 *   PATCH /upstreams/:id   {"admin":"drain"|"ready"}
 *   …     /links          what is wrong with the links, see link-routes.ts
 *   GET   /table           what affinity table remembers, by number
 *   GET   /events          server-sent events, resumes with Last-Event-ID
 *   GET   /metrics         Prometheus
 *   GET   /healthz         alive
 */
export function createControl(options: {
  state: ProxyState;
  links: Links;
  metrics: Metrics;
  table: StickTable;
  log: Logger;
  hosts: readonly string[];
  /** the upstreams changed: health checks must follow */
  onUpstreams(): void;
}): Express {
  const { state, links, metrics } = options;
  const api = createApi({ hosts: options.hosts });
  api.get('/healthz', (_req, res) => void res.json({ status: 'alive' }));
  api.get('/settings', (_req, res) => void res.json(state.settings));
  api.patch('/settings', (req, res) => void res.json(change(req.body)));
  api.get('/upstreams', (_req, res) => void res.json(view()));
  api.put('/upstreams', (req, res) => {
    state.placeUpstreams(readAddresses(req.body));
    options.onUpstreams();
    res.json(view());
  });
  api.patch('/upstreams/:id', (req, res) => {
    const { id } = req.params;
    if (!findUpstream(state.pool, id)) throw notFound(`no upstream "${id}"; there are ${names() || 'none'}`);
    state.setAdmin(id, readAdmin(req.body));
    res.json(view().find((upstream) => upstream.id === id));
  });
  addLinkRoutes(api, { state, links });
  api.get('/table', (_req, res) => void res.json(tableView(options.table)));
  api.get('/events', (req, res) => sendEvents(state.events, req, res));
  api.get('/metrics', async (_req, res) => {
    res.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  finishApi(api, options.log);
  return api;

  function change(body: unknown) {
    try {
      return state.changeSettings(body);
    } catch (error) {
      if (error instanceof SettingsError) throw badRequest('unknown_setting', error.message);
      throw error;
    }
  }

  function view(): UpstreamView[] {
    return state.pool.all.map((upstream) => ({
      id: upstream.id,
      life: upstream.life,
      host: upstream.host,
      port: upstream.port,
      state: stateOf(upstream),
      admin: upstream.admin,
      weight: upstream.weight,
      effectiveWeight: upstream.weight,
      drainLeftMs: null,
      pinned: 0,
      queued: 0,
      ...metrics.of(upstream.id),
      sessions: upstream.sessions,
    }));
  }

  function names(): string {
    return state.pool.all.map(({ id }) => id).join(', ');
  }
}

const tableView = ({ size, limit, ttlMs, sizes }: StickTable): TableView => ({
  size,
  limit,
  ttlMs,
  upstreams: Object.fromEntries(sizes),
});

/** An id travels in a cookie and in header fields. */
const NAME = /^[A-Za-z0-9._-]{1,64}$/;

function readAddresses(body: unknown): UpstreamAddress[] {
  if (!Array.isArray(body) || !body.every(isAddress)) {
    throw badRequest('bad_upstreams', 'expected a list of {"id","life","host","port"}');
  }
  const odd = body.find(({ id }) => !NAME.test(id));
  if (odd)
    throw badRequest('bad_upstreams', `expected an id of letters, digits, ".", "_" and "-", got "${odd.id}"`);
  const ids = new Set(body.map(({ id }) => id));
  if (ids.size !== body.length) throw badRequest('bad_upstreams', 'two upstreams have the same id');
  return body.map(({ id, life, host, port }) => ({ id, life, host, port }));
}

function isAddress(value: unknown): value is UpstreamAddress {
  const { id, life, host, port } = (value ?? {}) as Record<string, unknown>;
  const texts = [id, life, host].every((text) => typeof text === 'string' && text !== '');
  return texts && Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536;
}

function readAdmin(body: unknown): 'ready' | 'drain' {
  const { admin } = (body ?? {}) as { admin?: unknown };
  if (admin === 'ready' || admin === 'drain') return admin;
  throw new ApiError(
    400,
    'bad_admin',
    `expected {"admin":"drain"} or {"admin":"ready"}, got ${JSON.stringify(body)}`,
  );
}
