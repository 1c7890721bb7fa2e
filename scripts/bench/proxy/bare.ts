/** http-proxy and nothing else: what the project's proxy is built on. `keep-alive`: with an agent that keeps connections. */
import { Agent, createServer } from 'node:http';
import { createRequire } from 'node:module';

// It is CommonJS, and under tsx an import would give another shape than in a bundle.
const httpProxy = createRequire(import.meta.url)('http-proxy') as typeof import('http-proxy');

const [target = '', port = '0', how = ''] = process.argv.slice(2);
const agent = how === 'keep-alive' ? { agent: new Agent({ keepAlive: true }) } : {};
const proxy = httpProxy.createProxyServer({ target, ...agent });
// Without a listener the first client that leaves would end the process.
proxy.on('error', (_error, _req, res) => void res.destroy());
createServer((req, res) => proxy.web(req, res)).listen(Number(port), '127.0.0.1');
