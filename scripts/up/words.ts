import type { AgentConfig } from '../../apps/agent/config.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';

/** How others in the room get in, when they do. */
export interface Room {
  pin: string;
  /** of this machine, best first: "10.0.0.7" */
  hosts: string[];
}

/** What `npm start` says once the cluster is up. `room` is null when only this machine reaches it. */
export function banner(info: ClusterInfo, config: AgentConfig, room: Room | null): string {
  const own = config.name === 'cartwreck' ? '' : ` --name ${config.name}`;
  const dashes = own === '' ? '' : ' --';
  return `
Cartwreck is up: ${config.replicas} shops, affinity ${config.affinity}, sessions in ${PLACES[config.sessions]}.

  Shop          ${info.url}
  Control room  ${info.consoleUrl}/control#token=${info.token}
  Stage         ${info.consoleUrl}/stage${room === null ? '' : `#token=${info.token}`}
  Token         ${info.token}
  Session store ${info.store}${config.sessions === 'redis' ? '' : '   (used when sessions=redis)'}
${room === null ? '' : forTheRoom(info, room)}
In another terminal:
  npm run load -- --shoppers 60 --duration 20s${own.replace('--name', '--cluster')}
  npm run chaos${own === '' ? ' --' : dashes} kill shop-2${own}
  npm run mode${own === '' ? ' --' : dashes} affinity=cookie sessions=redis${own}

Ctrl-C ends everything. What happens:
`;
}

function forTheRoom({ url, consoleUrl }: ClusterInfo, { pin, hosts }: Room): string {
  const known = hosts.length > 0 ? hosts : ['ADDRESS-OF-THIS-MACHINE'];
  const at = (base: string, path: string) =>
    known.map((host) => `http://${host}:${new URL(base).port}${path}`);
  return `
Others in the network reach the shop and, with the PIN, the control room and the stage. The PIN is nowhere but here:

  PIN           ${pin}
  Phones        ${at(consoleUrl, '/join').join('\n                ')}
  Control room  ${at(consoleUrl, '/control')[0]}
  Shop          ${at(url, '/')[0]}
`;
}

const PLACES: Record<AgentConfig['sessions'], string> = {
  memory: "each shop's memory",
  redis: 'Redis',
  cookie: 'a signed cookie',
};
