import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { type Respond, type Seen, startUpstream, type TestUpstream } from './upstream.ts';
import { waitFor } from './wait.ts';

/** A replica with a life beside its answers: it echoes on WebSockets, which it compresses, and /events never ends. */
export interface LiveShop extends TestUpstream {
  /** its ends of the WebSockets that are open */
  peers: Set<WebSocket>;
  /** how they were closed: code and reason */
  closed: string[];
  /** what it does with a request */
  respond: Respond;
  /** those that ask for events */
  readers(): Seen[];
}

export async function startLiveShop(t: TestContext, id: string): Promise<LiveShop> {
  const shop = await startUpstream(t, id, (seen) => liveShop.respond(seen));
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });
  const live = {
    respond: (({ url, res }) => {
      if (url !== '/events') res.end(id);
      else res.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${id}\n\n`);
    }) as Respond,
    peers: server.clients,
    closed: [] as string[],
    readers: () => shop.requests.filter(({ url }) => url === '/events'),
  };
  const liveShop = Object.assign(shop, live);
  shop.onUpgrade((req, socket, head) =>
    server.handleUpgrade(req, socket, head, (peer) => {
      server.clients.add(peer);
      peer.on('error', () => {});
      peer.on('close', (code, reason) => {
        server.clients.delete(peer);
        liveShop.closed.push(`${code} ${reason}`);
      });
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
    }),
  );
  return liveShop;
}

/** A client's end of a WebSocket, open, and the head of its 101. */
export interface OpenSocket {
  socket: WebSocket;
  headers: IncomingMessage['headers'];
  /** how it was closed: code and reason */
  closed: Promise<string>;
}

export async function openSocket(
  t: TestContext,
  port: number,
  options: { headers?: Record<string, string>; localAddress?: string } = {},
): Promise<OpenSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, options);
  t.after(() => socket.terminate());
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`);
  const [[{ headers }]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')]);
  return { socket, headers, closed };
}

export const GET_EVENTS = 'GET /events HTTP/1.1\r\nHost: x\r\n\r\n';

/** The body of an answer in chunks, as far as it has come; `whole` once its last chunk has. */
export function chunksIn(text: string): { body: string; whole: boolean } {
  let rest = text.slice(text.indexOf('\r\n\r\n') + 4);
  let body = '';
  for (;;) {
    const at = rest.indexOf('\r\n');
    if (at < 0) return { body, whole: false };
    const size = Number.parseInt(rest.slice(0, at), 16);
    if (size === 0) return { body, whole: rest.startsWith('0\r\n\r\n') };
    body += rest.slice(at + 2, at + 2 + size);
    rest = rest.slice(at + 2 + size + 2);
  }
}

/** Waits until the shop has that many WebSockets open. */
export const peersOf = (shop: LiveShop, count: number): Promise<unknown> =>
  waitFor(`${count} open sockets at ${shop.address.id}`, () => shop.peers.size === count);
