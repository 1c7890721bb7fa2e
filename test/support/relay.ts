import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A wire in front of a Redis on which a test can listen, and which it can cut at an exact command. */
export interface RedisRelay {
  url: string;
  /** Names of the commands that came by, in capitals, without those of the connection itself. */
  commands: string[];
  /** From the first `command` on (itself included), nothing passes any more, on any connection. */
  freezeAt(command: string): void;
  /** Everything passes again, on new connections: those that lost bytes are cut, as TCP would. */
  thaw(): void;
}

const CONNECTION_COMMANDS = new Set(['HELLO', 'CLIENT', 'INFO', 'AUTH', 'SELECT', 'PING']);

export async function startRelay(t: TestContext, redisPort: number): Promise<RedisRelay> {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  let trap: string | null = null;
  let frozen = false;

  const server = createServer((client) => {
    const redis = connect({ port: redisPort, host: '127.0.0.1' });
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => {}); // the other end is closed below, which is all there is to do
      socket.on('close', () => {
        client.destroy();
        redis.destroy();
      });
    }
    client.on('data', (bytes) => {
      const names = namesIn(bytes.toString('latin1'));
      commands.push(...names.filter((name) => !CONNECTION_COMMANDS.has(name)));
      if (trap !== null && names.includes(trap)) frozen = true;
      if (!frozen) redis.write(bytes);
    });
    redis.on('data', (bytes) => {
      if (!frozen) client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');

  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    commands,
    freezeAt: (command) => {
      trap = command;
    },
    thaw: () => {
      trap = null;
      frozen = false;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
  };
}

/** A command is `*<parts>\r\n$<length>\r\n<name>\r\n…` (RESP). */
const namesIn = (text: string) =>
  [...text.matchAll(/\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n/g)].map((match) => (match[1] ?? '').toUpperCase());
