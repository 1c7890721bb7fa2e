/**
 * Answers every request with the same cart, as cheaply as Node can, and tells on request how many that were. Every
 * client of the bench talks to it, so that what differs is the client.
 */
import { type AddressInfo, createServer } from 'node:net';

const LINES = ['mug', 'tea', 'lamp'].map((sku, index) => {
  const key = `bench.s0.${index + 1}`;
  return { id: key, sku, qty: 1, w: key };
});
const CART = { id: 'c9f2', born: 'new', lines: LINES };
const BODY = JSON.stringify({ user: null, cart: CART, servedBy: 'shop-1', boot: 'shop-1#1', epoch: 1 });
const HEAD = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n`;
const ANSWER = Buffer.from(HEAD + BODY);
/** A GET ends with its head. No request of the bench has a body, and none is longer than one packet. */
const HEAD_END = Buffer.from('\r\n\r\n');

let answered = 0;
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    for (let at = chunk.indexOf(HEAD_END); at >= 0; at = chunk.indexOf(HEAD_END, at + 1)) {
      answered += 1;
      socket.write(ANSWER);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => process.send?.(answered));
process.on('disconnect', () => process.exit(0));
