/**
 * Answers every request of a connection with the same cart, as cheaply as Node can, and tells on request how many that
 * were. Every client of the bench talks to it, so that what differs is the client. Carts differ between connections, as
 * those of different shoppers do: or the oracle would see nothing but leaks.
 */
import { type AddressInfo, createServer } from 'node:net';

/** A GET ends with its head. No request of the bench has a body, and none is longer than one packet. */
const HEAD_END = Buffer.from('\r\n\r\n');

let connections = 0;
let answered = 0;
const server = createServer({ noDelay: true }, (socket) => {
  connections += 1;
  const answer = answerOf(connections);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    for (let at = chunk.indexOf(HEAD_END); at >= 0; at = chunk.indexOf(HEAD_END, at + 1)) {
      answered += 1;
      socket.write(answer);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => process.send?.(answered));
process.on('disconnect', () => process.exit(0));

function answerOf(owner: number): Buffer {
  const lines = ['mug', 'tea', 'lamp'].map((sku, index) => {
    const key = `bench.s${owner}.${index + 1}`;
    return { id: key, sku, qty: 1, w: key };
  });
  const cart = { id: `c9f2-${owner}`, born: 'new', lines };
  const body = JSON.stringify({ user: null, cart, servedBy: 'shop-1', boot: 'shop-1#1', epoch: 1 });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.from(head + body);
}
