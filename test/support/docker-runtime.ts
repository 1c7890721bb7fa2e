import type { TestContext } from 'node:test';
import type { AgentEvent, MemberView } from '../../apps/agent/contract.ts';
import { DockerRuntime, type DockerRuntimeOptions } from '../../apps/agent/runtime/docker/docker.ts';
import { httpProbe } from '../../apps/agent/runtime/docker/probe.ts';
import { type DockerProject, openProject, SHOP_PORT } from './docker-project.ts';
import type { RuntimeUnderTest } from './runtime-contract.ts';

export interface DockerRuntimeUnderTest extends RuntimeUnderTest {
  runtime: DockerRuntime;
  project: DockerProject;
  /** what it had trouble with */
  troubles: string[];
}

/** A runtime that watches a project of small shops; it has not looked yet. */
export function watchProject(
  t: TestContext,
  project: DockerProject,
  options: Partial<DockerRuntimeOptions> = {},
): DockerRuntimeUnderTest {
  const events: AgentEvent[] = [];
  const troubles: string[] = [];
  const runtime = new DockerRuntime({
    docker: project.docker,
    project: project.project,
    services: {
      shop: { role: 'shop', network: 'mesh', port: SHOP_PORT, probe: httpProbe('/readyz') },
    },
    now: () => performance.now(),
    onEvent: (event) => void events.push(event),
    onTrouble: (message) => void troubles.push(message),
    ...options,
  });
  t.after(() => runtime.release());
  const address = (id: string) => runtime.members().find((member) => member.id === id)?.address ?? null;
  return {
    runtime,
    project,
    events,
    troubles,
    behave: project.behave,
    killFromOutside: (id) => void get(address(id), '/crash'),
    ask: async (id) => (await get(address(id), '/healthz'))?.headers.get('x-boot-id') ?? null,
  };
}

/**
 * A cluster without a shop, that knows how shops are made: there was one, which was never started. Copies are made of
 * what was seen, so there must have been something to see.
 */
export async function makeDockerRuntime(t: TestContext): Promise<DockerRuntimeUnderTest> {
  const project = await openProject(t);
  const under = watchProject(t, project);
  await project.create('shop', 1);
  await under.runtime.attach();
  await under.runtime.remove('shop-1', { graceMs: 0 });
  under.events.length = 0;
  return under;
}

const ANSWER_MS = 300;

function get(address: MemberView['address'], path: string): Promise<Response | null> {
  if (address === null) return Promise.resolve(null);
  const url = `http://${address.host}:${address.port}${path}`;
  const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(ANSWER_MS) };
  return fetch(url, options).catch(() => null);
}
