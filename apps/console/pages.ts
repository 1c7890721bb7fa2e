import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Express } from 'express';
import { ApiError } from '../../lib/api-error.ts';
import { hostName, isLoopback } from '../../lib/host.ts';

/** Every file a browser may have, by its path. There is no folder to wander in. */
const FILES: Record<string, { file: string; type: string }> = {
  ...page('control', '/control'),
  ...page('stage', '/stage'),
  ...page('join', '/join'),
  ...page('report', '/report/:run'),
  '/shared/tokens.css': { file: 'shared/tokens.css', type: 'text/css; charset=utf-8' },
};

function page(name: string, path: string): Record<string, { file: string; type: string }> {
  return {
    [`/${name}/main.js`]: { file: `${name}/main.js`, type: 'text/javascript; charset=utf-8' },
    [`/${name}/main.css`]: { file: `${name}/main.css`, type: 'text/css; charset=utf-8' },
    [path]: { file: `${name}/index.html`, type: 'text/html; charset=utf-8' },
  };
}

/**
 * A page talks to this console and to nobody else (a phone's also to the shop), and nobody may frame it. No
 * cross-origin-opener-policy: over plain http in a network browsers ignore it and complain in their console.
 */
const securityHeaders = (connect: string) => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src ${connect}`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
});

export interface Reach {
  /** others in the network reach us: who comes by a name of ours that is not loopback is a phone */
  lan: boolean;
  /** of the shop, on the same host; null = there is none */
  shopPort: number | null;
}

/**
 * Adds the pages, as `npm run build` left them. `root` is the folder that holds `apps/`: either dist/ itself, or
 * the project when the console runs from its sources.
 */
export function addPages(api: Express, root: URL, reach: Reach = { lan: false, shopPort: null }): void {
  const web = new URL('apps/console/web/', builtRoot(root));
  api.get('/', (req, res) => {
    res.redirect(reach.lan && !isLoopback(hostName(req.headers.host)) ? '/join' : '/control');
  });
  for (const [path, { file, type }] of Object.entries(FILES)) {
    api.get(path, async (req, res) => {
      const body = await readBuilt(new URL(file, web));
      const connect = path === '/join' ? joinConnects(req.headers.host, reach.shopPort) : "'self'";
      res.set({ ...securityHeaders(connect), 'content-type': type }).end(body);
    });
  }
}

/**
 * Whom the page of a phone may call: us, and the shop beside us. The Host header was checked to be a name of ours before
 * it gets here. A policy cannot name an address of version 6: there the port has to do.
 */
function joinConnects(host: string | undefined, shopPort: number | null): string {
  if (shopPort === null) return "'self'";
  const name = hostName(host);
  return `'self' http://${name.startsWith('[') ? '*' : name}:${shopPort}`;
}

const builtRoot = (root: URL): URL =>
  existsSync(new URL('package.json', root)) ? new URL('dist/', root) : root;

async function readBuilt(file: URL): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ApiError(503, 'not_built', 'The pages are not built yet. Build them with: npm run build');
  }
}
