import type { AgentEvent } from './contract.ts';
import { connectDocker } from './runtime/docker/connect.ts';
import { DockerRuntime, type DockerRuntimeOptions } from './runtime/docker/docker.ts';
import { httpProbe, pingProbe } from './runtime/docker/probe.ts';
import { ownContainer } from './runtime/docker/self.ts';

/** How the services of docker-compose.yml are met by whoever has the power: the agent, and who mends what it leaves. */
const SERVICES: DockerRuntimeOptions['services'] = {
  shop: { role: 'shop', network: 'mesh', port: 8080, probe: httpProbe('/readyz') },
  redis: { role: 'store', network: 'store', port: 6379, probe: pingProbe },
  proxy: { role: 'proxy', network: 'power', port: 8081, probe: httpProbe('/healthz') },
  console: { role: 'console', network: 'power', port: 8090, probe: httpProbe('/control') },
};

/** The compose project that this program is a container of. */
export interface OwnProject {
  docker: DockerRuntimeOptions['docker'];
  project: string;
  /** full id of this program's own container, which it never touches */
  self: string;
}

/** Asks Docker where this program is. Throws ExpectedError with what to do when that cannot be. */
export async function findOwnProject(env: Readonly<Record<string, string | undefined>>): Promise<OwnProject> {
  const docker = await connectDocker(env);
  const { id, project } = await ownContainer(docker);
  return { docker, project, self: id };
}

/** The members of that project; nothing is asked of Docker before `attach`. */
export const containerRuntime = (
  own: OwnProject,
  told: { now(): number; onEvent(event: AgentEvent): void; onTrouble(message: string): void },
): DockerRuntime => new DockerRuntime({ ...own, services: SERVICES, ...told });
