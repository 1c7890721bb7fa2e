/** Passes bytes on and looks at none: what two sockets cost in Node before anybody reads HTTP. */
import { connect, createServer } from 'node:net';

const [target = '', port = '0'] = process.argv.slice(2);
const { hostname: host, port: upstream } = new URL(target);
createServer({ noDelay: true }, (client) => {
  const server = connect({ host, port: Number(upstream), noDelay: true });
  for (const socket of [client, server]) {
    socket.on('error', () => socket.destroy());
  }
  client.pipe(server).pipe(client);
  client.on('close', () => server.destroy());
  server.on('close', () => client.destroy());
}).listen(Number(port), '127.0.0.1');
