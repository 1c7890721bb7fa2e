/** autocannon with a body check, wherever it is installed: it is no dependency of this project. */
import { pathToFileURL } from 'node:url';

const [url = '', connections = '1', installed = ''] = process.argv.slice(2);
const { default: autocannon } = await import(pathToFileURL(installed).href);
autocannon({
  url: `${url}/api/cart`,
  connections: Number(connections),
  duration: 3600,
  verifyBody: (body: string) => JSON.parse(body).cart.lines.length === 3,
});
