import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { ClusterEvent, ClusterState } from '../../apps/console/contract.ts';
import { addPages } from '../../apps/console/pages.ts';
import { createApi, finishApi, requireToken } from '../../lib/api.ts';
import { EventLog } from '../../lib/event-log.ts';
import { sendEvents } from '../../lib/sse.ts';
import { calmState } from './cluster-state.ts';

export const TOKEN = 'a-token-for-tests';

/** A console without a cluster: it serves the real page, and a test decides what is so and what happens. */
export interface FakeConsole {
  url: string;
  /** changing calls in the order they came in */
  calls: { method: string; path: string; token: string | undefined; body: unknown }[];
  /** what `GET /api/state` answers, but for `seq` */
  state: ClusterState;
  /** how the next changing calls are answered */
  answer: { status: number; body: object };
  /** Something happened: `change` is what a snapshot shows of it. */
  tell(event: ClusterEvent, change?: Partial<ClusterState>): void;
  /** Cuts every open connection; new ones are answered. */
  breakStreams(): void;
  close(): void;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WEB = 'apps/console/web';
const PAGES = ['control', 'stage', 'join', 'report'];

/** Builds the pages into a folder of its own; returns that folder and how to remove it. */
export async function buildPages(): Promise<{ root: URL; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cartwreck-page-'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: PAGES.map((page) => `${WEB}/${page}/main.tsx`),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outbase: '.',
    outdir: folder,
    logLevel: 'warning',
  });
  for (const file of [...PAGES.map((page) => `${WEB}/${page}/index.html`), `${WEB}/shared/tokens.css`]) {
    await cp(join(ROOT, file), join(folder, file));
  }
  return { root: pathToFileURL(`${folder}/`), remove: () => rm(folder, { recursive: true }) };
}

/** Starts the fake with three ready replicas, on a free port. */
export async function startFakeConsole(root: URL, startedAt = Date.now()): Promise<FakeConsole> {
  const log = new EventLog<ClusterEvent>({ now: () => Date.now() - startedAt });
  const api = createApi();
  const authorised = requireToken(TOKEN);
  const server = createServer(api);
  const fake: FakeConsole = {
    url: '',
    calls: [],
    state: calmState(startedAt),
    answer: { status: 200, body: {} },
    tell(event, change = {}) {
      fake.state = { ...fake.state, ...change };
      log.add(event);
    },
    breakStreams: () => server.closeAllConnections(),
    close() {
      log.close();
      server.close();
      server.closeAllConnections();
    },
  };
  addPages(api, root);
  api.get('/api/state', (_req, res) => void res.json({ ...fake.state, seq: log.lastSeq }));
  api.get('/api/events', (req, res) => sendEvents(log, req, res));
  api.use('/api', authorised, (req, res) => {
    const token = req.headers.authorization;
    fake.calls.push({ method: req.method, path: req.originalUrl, token, body: req.body });
    res.status(fake.answer.status).json(fake.answer.body);
  });
  finishApi(api, { error: () => {} });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}
