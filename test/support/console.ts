import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Express } from 'express';
import { assembleConsole } from '../../apps/console/assemble.ts';
import { CONSOLE_FLAGS } from '../../apps/console/config.ts';
import type { ClusterEvent, PhoneView } from '../../apps/console/contract.ts';
import type { Story } from '../../apps/console/events.ts';
import { EMPTY_SCENE } from '../../apps/console/scene/scene.ts';
import { EventLog, type Stamped } from '../../lib/event-log.ts';
import { parseFlags } from '../../lib/flags.ts';
import { send } from './client.ts';

export const RUN_TOKEN = 'the-token-of-the-run';
export const PIN = '042137';

/** The control room over real sockets, in this process, with nothing behind it. */
export interface TestConsole {
  port: number;
  api: Express;
  /** everything that was told, as a reader heard it */
  events(): Stamped<ClusterEvent>[];
  tell(event: ClusterEvent): void;
  /** its clock stands still until it is set, wall clock ms */
  clock: { now: number };
  /** what a phone is told of the replicas that ended */
  deaths: PhoneView['deaths'];
  /** one call; `as` is shown as Bearer */
  call(
    method: string,
    path: string,
    options?: { as?: string | undefined; body?: unknown; headers?: Record<string, string>; from?: string },
  ): Promise<{
    status: number;
    body: Record<string, unknown> & { error?: { code: string; message: string } };
  }>;
}

/** `args` are flags of the console; `root` is where its built pages are. */
export async function startConsole(
  t: TestContext,
  args: string[] = [],
  root = new URL('../../', import.meta.url),
): Promise<TestConsole> {
  const { flags } = parseFlags(CONSOLE_FLAGS, args, {
    CARTWRECK_TOKEN: RUN_TOKEN,
    CARTWRECK_PIN: PIN,
    CARTWRECK_RUN_STARTED: '1000000',
    CARTWRECK_SHOP_URL: 'http://127.0.0.1:8080',
    // Nobody answers there.
    CARTWRECK_PROXY_URL: 'http://127.0.0.1:1',
    CARTWRECK_AGENT_URL: 'http://127.0.0.1:1',
  });
  const clock = { now: 2_000_000 };
  const deaths: PhoneView['deaths'] = [];
  const log = new EventLog<ClusterEvent>({ now: () => clock.now - flags['run-started'] });
  const story: Story = {
    ...{ log, collected: Promise.resolve(), tell: () => {}, close: () => {} },
    ...{ progress: () => null, loadReports: () => false, scene: () => EMPTY_SCENE },
  };
  const server = createServer();
  const portOf = () => (server.address() as AddressInfo).port;
  const { api, close } = assembleConsole({
    ...{ flags, story, log: { error() {} }, port: portOf, now: () => clock.now },
    runs: { start() {}, running: () => false, stop: async () => {} },
    surroundings: { shopPort: 8080, sessions: async () => 'Replica memory', deaths: () => deaths },
    library: { views: () => [], fileOf: () => null },
    root,
  });
  server.on('request', api);
  const heard: Stamped<ClusterEvent>[] = [];
  log.follow({ take: (event) => heard.push(event) > 0, end() {} });
  const agent = new Agent({ keepAlive: true });
  await new Promise<void>((resolve) => server.listen({ host: flags.host, port: 0 }, resolve));
  t.after(() => {
    agent.destroy();
    close();
    log.close();
    server.close();
    server.closeAllConnections();
  });
  return {
    port: portOf(),
    api,
    events: () => heard,
    tell: (event) => void log.add(event),
    ...{ clock, deaths },
    async call(method, path, { as, body, headers = {}, from } = {}) {
      const answer = await send(portOf(), {
        ...{ method, path },
        headers: { ...(as === undefined ? {} : { authorization: `Bearer ${as}` }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(from === undefined ? { agent } : { from }),
      });
      const text = answer.body.toString();
      return {
        status: answer.status,
        headers: answer.headers,
        body: text.startsWith('{') ? JSON.parse(text) : {},
      };
    },
  };
}

/** Every route under /api that the console has, as it has them: `:id` stands for any word. */
export function apiRoutes(api: Express): { method: string; path: string }[] {
  const stack = api.router.stack as unknown as {
    route?: { path: string; methods: Record<string, boolean> };
  }[];
  return stack.flatMap(({ route }) =>
    route?.path.startsWith('/api/')
      ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path }))
      : [],
  );
}
