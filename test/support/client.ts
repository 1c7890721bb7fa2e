import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Outgoing {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  /** an array is sent chunk by chunk without a content-length */
  body?: Buffer | string | Buffer[];
  /** absent = a connection of its own */
  agent?: Agent;
  /** own address, anything in 127.0.0.0/8 */
  from?: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const LIMIT_MS = 5000;

/** One request to 127.0.0.1. Rejects when the connection breaks before the whole answer is there. */
export function send(port: number, outgoing: Outgoing = {}): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body, agent, from } = outgoing;
  return new Promise((resolve, reject) => {
    const req = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers,
      agent: agent ?? false,
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(from === undefined ? {} : { localAddress: from }),
    });
    req.on('error', reject);
    req.on('response', (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }),
      );
    });
    if (!Array.isArray(body)) return void req.end(body);
    for (const chunk of body) req.write(chunk);
    req.end();
  });
}

/** The affinity cookie an answer sets, or null. */
export const pinOf = (answer: Answer): string | null =>
  answer.headers['set-cookie']?.map((cookie) => /^cw_pin=([^;]*)/.exec(cookie)?.[1]).find(Boolean) ?? null;

/** A bare connection, for what an HTTP client would not send. */
export interface Wire {
  socket: Socket;
  /** all that came back so far */
  text(): string;
  /** closed or reset by the other side */
  closed(): boolean;
}

export function openWire(
  t: TestContext,
  port: number,
  text: string,
  options: { allowHalfOpen?: boolean } = {},
): Wire {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  t.after(() => socket.destroy());
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
  });
  socket.on('error', () => {});
  socket.write(text, 'latin1');
  return { socket, text: () => received, closed: () => socket.readableEnded || socket.destroyed };
}
