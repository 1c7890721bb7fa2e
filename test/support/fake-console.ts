import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Express, Request } from 'express';
import type { ClusterEvent, ClusterState, RunView } from '../../apps/console/contract.ts';
import { addPages } from '../../apps/console/pages.ts';
import { createApi, finishApi, requireToken } from '../../lib/api.ts';
import { ApiError } from '../../lib/api-error.ts';
import { EventLog } from '../../lib/event-log.ts';
import { sendEvents } from '../../lib/sse.ts';
import { calmState } from './cluster-state.ts';

export const TOKEN = 'a-token-for-tests';

/** A console without a cluster: it serves the real pages, and a test decides what is so and what happens. */
export interface FakeConsole {
  url: string;
  /** changing calls in the order they came in */
  calls: { method: string; path: string; token: string | undefined; body: unknown }[];
  /** what `GET /api/state` answers, but for `seq`, and for `t` where it is no recording */
  state: ClusterState;
  /** what `GET /api/runs` and `/api/runs/:id` answer */
  runs: RunView[];
  /** how the next changing calls are answered */
  answer: { status: number; body: object };
  /** what opens it; null = reading is open to everybody, as on loopback */
  pin: string | null;
  /** open streams of events */
  readonly streams: number;
  /** Something happened: `change` is what a snapshot shows of it. */
  tell(event: ClusterEvent, change?: Partial<ClusterState>): void;
  /**
   * Another process in its place: numbers begin at 1 again; what proxy and agent told is heard anew, with what was missed,
   * and what only the console knew is gone.
   */
  restart(missed?: ClusterEvent[]): void;
  /** Cuts every open connection; new ones are answered. */
  breakStreams(): void;
  close(): void;
}

/** What a console tells of itself and of loads. */
const OWN = /^(load|link|rates|carts|cart|answers)\./;

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
  await cp(join(ROOT, WEB, 'shared/tokens.css'), join(folder, WEB, 'shared/tokens.css'));
  const html = await readFile(join(ROOT, WEB, 'page.html'), 'utf8');
  for (const page of PAGES) {
    await writeFile(join(folder, WEB, page, 'index.html'), html.replaceAll('{page}', page));
  }
  return { root: pathToFileURL(`${folder}/`), remove: () => rm(folder, { recursive: true }) };
}

/** Starts the fake with three ready replicas, on a free port. */
export async function startFakeConsole(root: URL, startedAt = Date.now()): Promise<FakeConsole> {
  const now = () => Date.now() - startedAt;
  let log = new EventLog<ClusterEvent>({ now });
  let streams = 0;
  const api = createApi();
  const server = createServer(api);
  const fake: FakeConsole = {
    url: '',
    calls: [],
    state: calmState(startedAt),
    runs: [],
    answer: { status: 200, body: {} },
    pin: null,
    get streams() {
      return streams;
    },
    tell(event, change = {}) {
      fake.state = { ...fake.state, ...change };
      log.add(event);
    },
    restart(missed = []) {
      const past = log.since(0).filter(({ type }) => !OWN.test(type));
      log.close();
      log = new EventLog<ClusterEvent>({ now });
      for (const { seq: _seq, t, ...event } of past) log.add(event as ClusterEvent, t);
      for (const event of missed) log.add(event);
      server.closeAllConnections();
    },
    breakStreams: () => server.closeAllConnections(),
    close() {
      log.close();
      server.close();
      server.closeAllConnections();
    },
  };
  addPages(api, root);
  api.get('/api/events', (req, res) => {
    requireKey(fake, req);
    streams++;
    res.on('close', () => streams--);
    sendEvents(log, req, res);
  });
  api.get('/api/state', (req, res) => {
    requireKey(fake, req);
    const t = fake.state.recording ? fake.state.t : now();
    res.json({ ...fake.state, t, seq: log.lastSeq });
  });
  addRuns(api, fake);
  addCalls(api, fake);
  finishApi(api, { error: () => {} });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

/** As the console in a network: reading wants the key too, in a header or, from an EventSource, in the address. */
function requireKey({ pin }: FakeConsole, req: Request): void {
  const given = req.headers.authorization ?? `Bearer ${req.query.key}`;
  if (pin !== null && given !== `Bearer ${TOKEN}`) throw new ApiError(401, 'key_required', 'type the PIN');
}

function addRuns(api: Express, fake: FakeConsole): void {
  api.use('/api/runs', (req, _res, next) => {
    requireKey(fake, req);
    next();
  });
  api.get('/api/runs', (_req, res) => void res.json(fake.runs));
  api.get('/api/runs/:id', (req, res) => {
    const run = fake.runs.find(({ id }) => id === req.params.id);
    if (!run) throw new ApiError(404, 'not_found', 'no such run');
    res.json(run);
  });
  api.get('/api/runs/:id/events', (req, res) => void res.type('text').send(`{"run":"${req.params.id}"}\n`));
}

function addCalls(api: Express, fake: FakeConsole): void {
  api.post('/api/session', (req, res) => {
    if (fake.pin === null || req.body?.pin !== fake.pin) throw new ApiError(401, 'wrong_pin', 'not the PIN');
    res.json({ token: TOKEN });
  });
  api.use('/api', requireToken(TOKEN), (req, res) => {
    const token = req.headers.authorization;
    fake.calls.push({ method: req.method, path: req.originalUrl, token, body: req.body });
    res.status(fake.answer.status).json(fake.answer.body);
  });
}
