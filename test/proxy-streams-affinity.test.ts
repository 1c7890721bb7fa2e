import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SETTINGS, type Settings } from '../proxy/contract.ts';
import { openWire, type Wire } from './support/client.ts';
import { type LiveShop, startLiveShop } from './support/live-shop.ts';
import { PATIENT, startTestProxy, type TestProxy } from './support/proxy.ts';
import { waitFor } from './support/wait.ts';

/** How a client asks for a stream, and how its replica says something on it. */
const KINDS = {
  'a WebSocket': {
    path: '/live',
    fields: [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ],
    isOpen: (shop: LiveShop) => shop.peers.size > 0,
    say: (shop: LiveShop, text: string) => {
      for (const peer of shop.peers) peer.send(text);
    },
  },
  'an event stream': {
    path: '/events',
    fields: [],
    isOpen: (shop: LiveShop) => shop.readers().some(({ cut }) => !cut),
    say: (shop: LiveShop, text: string) => {
      for (const { res } of shop.readers()) res.write(`data: ${text}\n\n`);
    },
  },
} as const;

type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];

for (const affinity of SETTINGS.affinity) {
  for (const kind of KIND_NAMES) {
    const tied = affinity !== 'none';
    test(`${affinity}: ${kind} goes ${tied ? 'where its client is tied' : 'where its turn is'}, and stays when the rule is switched`, async (t) => {
      const { proxy, shops } = await cluster(t, affinity);
      const first = openWire(t, proxy.port, head('/', ['Cookie: cw_sid=abc']));
      const home = await waitFor('the first answer', () => /\r\n\r\n(shop-[123])$/.exec(first.text())?.[1]);
      const wire = nextConnection(t, proxy, affinity, first);
      const from = wire.text().length;
      wire.socket.write(stream(kind, [`Cookie: cw_sid=abc${pinIn(first.text())}`]));
      const shop = await waitFor('the stream at a replica', () => shops.find(KINDS[kind].isOpen));
      assert.equal(shop.address.id === home, tied);
      await proxy.settings({ affinity: affinity === 'cookie' ? 'none' : 'cookie' });
      for (const other of shops) KINDS[kind].say(other, `still ${other.address.id}`);
      await waitFor('its word after the switch', () => wire.text().includes(`still ${shop.address.id}`));
      assert.equal(wire.text().slice(from).match(/still/g)?.length, 1, 'nobody else speaks on it');
      assert.match(wire.text().slice(from), kind === 'a WebSocket' ? /^HTTP\/1.1 101 / : /^HTTP\/1.1 200 /);
      wire.socket.destroy();
    });
  }
}

for (const kind of KIND_NAMES) {
  test(`cookie: the head of ${kind} carries the pin, and the next one of that client goes to the same replica`, async (t) => {
    const { proxy, shops } = await cluster(t, 'cookie');
    const first = openWire(t, proxy.port, stream(kind));
    const shop = await waitFor('the stream at a replica', () => shops.find(KINDS[kind].isOpen));
    await waitFor('the pin', () => pinIn(first.text()) !== '');
    assert.equal(pinIn(first.text()), `; cw_pin=${shop.address.id}`);
    first.socket.destroy();
    await waitFor('the replica to lose it', () => !KINDS[kind].isOpen(shop));
    const next = openWire(t, proxy.port, stream(kind, [`Cookie: a=b${pinIn(first.text())}`]));
    await waitFor('the next one at the same replica', () => KINDS[kind].isOpen(shop));
    await waitFor('its head', () => /\r\nx-affinity: VN\r\n/.test(next.text()));
    assert.equal(pinIn(next.text()), '', 'it has its pin already');
    next.socket.destroy();
  });
}

/** Affinity `connection` knows its client by that; the others know it again on another. */
const nextConnection = (
  t: TestContext,
  { port }: TestProxy,
  affinity: Settings['affinity'],
  first: Wire,
): Wire => (affinity === 'connection' ? first : openWire(t, port, ''));

const head = (path: string, fields: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: x', ...fields, '', ''].join('\r\n');

const stream = (kind: Kind, more: readonly string[] = []): string =>
  head(KINDS[kind].path, [...KINDS[kind].fields, ...more]);

/** The affinity cookie as the client sends it behind others, or nothing. */
const pinIn = (text: string): string => {
  const pin = /set-cookie: (cw_pin=[^;]+)/i.exec(text)?.[1];
  return pin === undefined ? '' : `; ${pin}`;
};

async function cluster(t: TestContext, affinity: Settings['affinity']) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startLiveShop(t, id)));
  return { shops, proxy: await startTestProxy(t, { ...PATIENT, affinity, upstreams: shops }) };
}
