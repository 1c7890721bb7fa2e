import type { Server } from 'node:http';

/**
 * Bounds the connections of a server that others can reach. No address may hold more than `each`: one device that opens
 * as many as it can must not shut out the room.
 */
export function limitConnections(server: Server, { all, each }: { all: number; each: number }): void {
  server.maxConnections = all;
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const from = socket.remoteAddress ?? '';
    const count = (open.get(from) ?? 0) + 1;
    if (count > each) return void socket.destroy();
    open.set(from, count);
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left > 0) open.set(from, left);
      else open.delete(from);
    });
  });
}
