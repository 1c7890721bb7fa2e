import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A port could not be opened; the message says why and what to do. */
export class ListenError extends Error {}

/** Opens the port (0 = any free one) and resolves to the one that was opened. */
export function listen(
  server: Server,
  options: { host: string; port: number; flag: string },
): Promise<number> {
  const { host, port, flag } = options;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ListenError(explain(error))));
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });

  function explain(error: NodeJS.ErrnoException): string {
    if (error.code === 'EADDRINUSE') {
      return `Port ${port} on ${host} is taken. Choose another with ${flag} N, or ${flag} 0 for any free one.`;
    }
    if (error.code === 'EACCES')
      return `Port ${port} needs rights this user lacks. Choose one above 1023 with ${flag} N.`;
    return `Cannot listen on ${host}:${port} (${error.code}). Choose another with ${flag} N.`;
  }
}
