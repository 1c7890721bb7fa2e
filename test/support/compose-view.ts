import type { LinkView, UpstreamView } from '../../proxy/contract.ts';
import { addMug, type ComposeCluster, docker, type Inspected, inContainer } from './compose.ts';
import { NODE_IMAGE } from './docker-project.ts';

/** A compose cluster looked at and hurt from outside: through Docker, the proxy and the shop's port, never its agent. */

/** What a fault may change, lives apart: containers as Docker has them, links and upstreams as the proxy has them. */
export interface OutsideView {
  containers: string[];
  hurt: LinkView[];
  upstreams: string[];
}

/** All containers but those of the agent and its reaper, whose ends are another matter. */
export async function lookFromOutside(cluster: ComposeCluster): Promise<OutsideView> {
  const others = (await cluster.containers()).filter((one) => !['agent', 'reaper'].includes(serviceOf(one)));
  const proxy = others.find((one) => serviceOf(one) === 'proxy') as Inspected;
  const [links, upstreams] = JSON.parse(await inContainer(proxy.Id, ASK)) as [LinkView[], UpstreamView[]];
  return {
    containers: others.map(({ Id, Name, State }) => `${Name} ${Id.slice(0, 12)} ${State.Status}`).sort(),
    hurt: links.filter(({ toxics }) => Object.keys(toxics).length > 0),
    upstreams: upstreams.map(({ id, state, admin }) => `${id} ${state} ${admin}`).sort(),
  };
}

export const sameView = (a: OutsideView, b: OutsideView): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Who serves so many new shoppers, one after the other. Throws when one of them is not served. */
export async function servedBy({ info }: ComposeCluster, shoppers: number): Promise<string[]> {
  const shops: string[] = [];
  while (shops.length < shoppers) shops.push((await addMug(info.url)).headers.get('x-served-by') ?? 'nobody');
  return shops.sort();
}

/** Resolves in the moment in which the proxy knows fewer shops than this: a deploy has one of them down. */
export async function untilShopIsOut(cluster: ComposeCluster, shops: number): Promise<void> {
  const [proxy] = (await cluster.containers('proxy')) as [Inspected];
  await inContainer(proxy.Id, UNTIL_FEWER, String(shops));
}

/**
 * SIGKILL of what runs in a container, as the kernel does it when memory is short: Docker starts it again, which it does
 * not after a `docker kill`. Sent from a container beside it, because nobody gets into a frozen one.
 */
export async function killProcess({ Id }: Inspected): Promise<void> {
  const beside = ['--pid', `container:${Id}`, '--network', 'none', '--user', '0', '--entrypoint', 'node'];
  // With the last of the others the one who killed them is ended too.
  await docker('run', '--rm', ...beside, NODE_IMAGE, '-e', KILL_OTHERS).catch(() => {});
}

const serviceOf = ({ Config }: Inspected): string => Config.Labels['com.docker.compose.service'] ?? '';

const CONTROL = 'http://proxy-control:8081';

const ASK = `
  const ask = (path) => fetch('${CONTROL}' + path).then((answer) => answer.json());
  Promise.all(['/links', '/upstreams'].map(ask)).then((both) => console.log(JSON.stringify(both)));
`;

const LOOK_LIMIT_MS = 20_000;
const UNTIL_FEWER = `
  const limit = setTimeout(() => process.exit(1), ${LOOK_LIMIT_MS});
  const look = async () => {
    const upstreams = await (await fetch('${CONTROL}/upstreams')).json();
    if (upstreams.length < Number(process.argv[1])) clearTimeout(limit);
    else setTimeout(look, 5);
  };
  look();
`;

const KILL_OTHERS = `
  const processes = require('node:fs').readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).map(Number);
  for (const pid of processes) if (pid !== 1 && pid !== process.pid) process.kill(pid, 'SIGKILL');
`;
