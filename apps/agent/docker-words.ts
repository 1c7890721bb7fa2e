import type { ClusterInfo } from '../../lib/cluster.ts';
import { formatMs } from '../../lib/duration.ts';

/** What the agent says in its log once the first cart was filled. */
export function dockerBanner(
  info: ClusterInfo,
  { shops, wanted, firstCartMs }: { shops: number; wanted: number; firstCartMs: number },
): string {
  const { name, url, consoleUrl, token } = info;
  return `
Cartwreck is up: ${shops < wanted ? `${shops} of ${wanted}` : shops} shops in containers, the first cart was filled ${formatMs(firstCartMs)} after the agent's start.

  Shop          ${url}
  Control room  ${consoleUrl}/control#token=${token}
  Token         ${token}

In another terminal:
  npm run load -- --shoppers 60 --duration 20s --cluster ${name}
  npm run chaos -- kill shop-2 --name ${name}
  npm run mode -- affinity=cookie sessions=redis --name ${name}

What happens is told by the log of the console; docker compose down -v ends everything and removes it.
`;
}
