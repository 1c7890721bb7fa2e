import type { Express } from 'express';
import type { Logger } from 'pino';
import { createApi, finishApi } from '../../lib/api.ts';
import { badRequest, notFound } from '../../lib/api-error.ts';
import { sendEvents } from '../../lib/sse.ts';
import type { StickTable } from '../affinity/stick-table.ts';
import type { TableView, UpstreamView } from '../contract.ts';
import type { Links } from '../forward/links.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { PinnedClients } from '../metrics/pinned.ts';
import type { Share } from '../metrics/share.ts';
import type { Peers } from '../peers.ts';
import { findUpstream, stateOf, type Upstream } from '../pool.ts';
import type { Queue } from '../recovery/queue.ts';
import { SettingsError } from '../settings.ts';
import type { ProxyState } from '../state.ts';
import { addLinkRoutes } from './link-routes.ts';
import { readAddresses, readWish } from './upstream-input.ts';

/** What the control plane shows and changes. */
export interface Controlled {
  state: ProxyState;
  links: Links;
  metrics: Metrics;
  pinned: PinnedClients;
  table: StickTable;
  share: Share;
  /** the weight that counts now */
  weight(upstream: Upstream): number;
  queue: Queue;
  peers: Peers;
  /** the upstreams changed: health checks must follow */
  onUpstreams(): void;
}

/**
 * The control plane, on a port of its own. Every route on one screen:
 *
 *   GET   /settings        the settings
 *   PATCH /settings        any subset; answers the new value
 *   GET   /upstreams       every upstream with its state and numbers
 *   PUT   /upstreams       the whole list, told by the runtime
 *   PATCH /upstreams/:id   any of {"admin":"drain"|"ready","weight":N}, a drain perhaps with "deadlineMs"
 *   …     /links          what is wrong with the links, see link-routes.ts
 *   GET   /table           what affinity table remembers, by number
 *   GET   /share           how evenly the last ten seconds were spread
 *   GET   /events          server-sent events, resumes with Last-Event-ID
 *   GET   /metrics         Prometheus
 *   GET   /healthz         alive
 */
export function createControl(options: Controlled & { log: Logger; hosts: readonly string[] }): Express {
  const { state, links, metrics, pinned, queue } = options;
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
    const { admin, weight, deadlineMs } = readWish(req.body);
    if (weight !== undefined) state.setWeight(id, weight);
    if (admin !== undefined) state.setAdmin(id, admin, deadlineMs);
    res.json(view().find((upstream) => upstream.id === id));
  });
  addLinkRoutes(api, { state, links });
  api.get('/table', (_req, res) => void res.json(tableView(options)));
  api.get('/share', (_req, res) => void res.json(options.share.view()));
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
      effectiveWeight: Math.round(options.weight(upstream) * 100) / 100,
      drainLeftMs: state.drainLeftMs(upstream.id),
      pinned: pinned.of(upstream.id, performance.now()),
      queued: queue.lengthOf(upstream.id),
      ...metrics.of(upstream.id),
      sessions: upstream.sessions,
    }));
  }

  function names(): string {
    return state.pool.all.map(({ id }) => id).join(', ');
  }
}

const tableView = ({ table, peers }: { table: StickTable; peers: Peers }): TableView => ({
  size: table.size,
  limit: table.limit,
  ttlMs: table.ttlMs,
  upstreams: Object.fromEntries(table.sizes),
  peers: peers.view(),
});
