import { createRequire } from 'node:module';
import util from 'node:util';

// http-proxy 1.18.1 reads util._extend once, when it is loaded, and Node 22 warns about that (DEP0060). A require,
// because the build moves imports of packages to the top of the bundle, in front of this line.
(util as { _extend?: unknown })._extend = Object.assign;

export const httpProxy = createRequire(import.meta.url)('http-proxy') as typeof import('http-proxy');
