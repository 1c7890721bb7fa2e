import util from 'node:util';

// http-proxy 1.18.1 reads util._extend once, when it is loaded, and Node 22 warns about that (DEP0060).
// Import this before http-proxy.
(util as { _extend?: unknown })._extend = Object.assign;
