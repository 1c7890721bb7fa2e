import type { AgentConfig } from '../../apps/agent/config.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';

/** What `npm start` says once the cluster is up. */
export function banner(info: ClusterInfo, config: AgentConfig): string {
  const own = config.name === 'cartwreck' ? '' : ` --name ${config.name}`;
  const dashes = own === '' ? '' : ' --';
  return `
Cartwreck is up: ${config.replicas} shops, affinity ${config.affinity}, sessions in ${PLACES[config.sessions]}.

  Shop          ${info.url}
  Control room  ${info.consoleUrl}/control#token=${info.token}
  Token         ${info.token}
  Session store ${info.store}${config.sessions === 'redis' ? '' : '   (used when sessions=redis)'}

In another terminal:
  npm run load -- --shoppers 60 --duration 20s${own.replace('--name', '--cluster')}
  npm run chaos${own === '' ? ' --' : dashes} kill shop-2${own}
  npm run mode${own === '' ? ' --' : dashes} affinity=cookie sessions=redis${own}

Ctrl-C ends everything. What happens:
`;
}

const PLACES: Record<AgentConfig['sessions'], string> = {
  memory: "each shop's memory",
  redis: 'Redis',
  cookie: 'a signed cookie',
};
