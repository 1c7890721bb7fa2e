import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Express } from 'express';
import { ApiError } from '../../lib/api-error.ts';

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

/** The page talks to this console and to nobody else, and nobody may frame it. */
const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/**
 * Adds the pages, as `npm run build` left them. `root` is the folder that holds `apps/`: either dist/ itself, or
 * the project when the console runs from its sources.
 */
export function addPages(api: Express, root: URL): void {
  const web = new URL('apps/console/web/', builtRoot(root));
  api.get('/', (_req, res) => res.redirect('/control'));
  for (const [path, { file, type }] of Object.entries(FILES)) {
    api.get(path, async (_req, res) => {
      const body = await readBuilt(new URL(file, web));
      res.set({ ...SECURITY_HEADERS, 'content-type': type }).end(body);
    });
  }
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
