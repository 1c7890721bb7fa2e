/** A replica as a process of its own, with a defect: GET or POST /poison ends the process. Tells its port by IPC. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((req, res) => {
  if (req.url?.startsWith('/poison')) process.exit(1);
  res.end('ok');
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
