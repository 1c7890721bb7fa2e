import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { holdBack } from '../proxy/forward/burst.ts';
import { send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';

/** A socket that notes each time it passes something on, and what. */
function noting(notes: string[], name: string): Socket {
  const note = (...chunks: Buffer[]) => void notes.push(`${name}: ${chunks.map(String).join('+')}`);
  return new Duplex({
    read() {},
    write: (chunk, _encoding, done) => done(note(chunk) as undefined),
    writev: (chunks, done) => done(note(...chunks.map(({ chunk }) => chunk)) as undefined),
  }) as Socket;
}

test('what is written in one turn of the event loop leaves at its end, all sockets together', async () => {
  const notes: string[] = [];
  const [client, upstream] = [noting(notes, 'client'), noting(notes, 'upstream')];
  holdBack(upstream);
  upstream.write('GET');
  holdBack(client);
  client.write('200');
  client.write('OK');
  await Promise.resolve();
  assert.deepEqual(notes, []);
  await nextTurn();
  assert.deepEqual(notes, ['upstream: GET', 'client: 200+OK']);
  client.write('at once');
  assert.deepEqual(notes.slice(2), ['client: at once']);
});

test('held twice it is let go twice, and one that was ended or destroyed meanwhile does no harm', async () => {
  const notes: string[] = [];
  const [twice, ended, destroyed] = ['twice', 'ended', 'destroyed'].map((name) => noting(notes, name));
  assert.ok(twice && ended && destroyed);
  for (const socket of [twice, twice, ended, destroyed]) {
    holdBack(socket);
    socket.write('a');
  }
  ended.end('b');
  destroyed.destroy();
  await nextTurn();
  assert.deepEqual(notes.sort(), ['ended: a+b', 'twice: a+a']);
  twice.write('c');
  assert.equal(notes.at(-1), 'twice: c');
});

test('a request that takes a kept connection and each answer go out in such a burst', async (t) => {
  const released: (number | undefined)[] = [];
  const { uncork } = Socket.prototype;
  t.mock.method(Socket.prototype, 'uncork', function (this: Socket) {
    if (new Error().stack?.includes('burst.ts')) released.push(this.remotePort);
    return uncork.call(this);
  });
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  await send(port);
  // The first opens the connection to the replica: its head goes out when that stands, and it is woken by it anyway.
  assert.equal(released.length, 1);
  await send(port);
  assert.deepEqual(released.slice(1, 2), [shop.address.port]);
  assert.equal(released.length, 3);
});
