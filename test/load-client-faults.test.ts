import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ClientFault,
  type ClientOrder,
  createDisguise,
  orderOf,
  refusalOf,
} from '../scripts/load/client-faults.ts';
import type { LoadConfig } from '../scripts/load/contract.ts';
import { markOf } from '../scripts/load/marks.ts';
import { configOf } from '../scripts/load/options.ts';
import { seqOf, shopperOf, startQuick } from './support/quick-load.ts';
import { openToyShop } from './support/toy-shop.ts';
import { waitFor } from './support/wait.ts';

const CONFIG: LoadConfig = configOf({ url: 'http://127.0.0.1:8080', shoppers: 100 });
const order = (fault: ClientFault, forMs: number | null = null): ClientOrder => ({ id: 'f1', fault, forMs });
const undone: ClientOrder = { id: 'f1', fault: null, forMs: null };
const MOVE: ClientFault = { fault: 'client.ip-change', with: { percent: 30 } };
const NAT: ClientFault = { fault: 'client.shared-nat', with: { ips: 2 } };
const WHALE: ClientFault = { fault: 'client.whale', with: { share: 0.5 } };

/** The addresses of a hundred shoppers, at a time a test can change. */
function crowd(config = CONFIG, seed = 41) {
  const clock = { ms: 0 };
  const disguise = createDisguise({ seed, config, now: () => clock.ms });
  const addresses = () => Array.from({ length: 100 }, (_, index) => disguise.addressOf(index + 1));
  return { clock, disguise, addresses };
}

test('an address change hits that share of the shoppers, by seed, and is taken back', () => {
  const { disguise, addresses } = crowd();
  assert.ok(addresses().every((address) => address === undefined));
  disguise.carryOut(order(MOVE));
  const moved = addresses().filter((address) => address !== undefined);
  assert.ok(moved.length >= 20 && moved.length <= 40, `${moved.length} of 100`);
  assert.equal(new Set(moved).size, moved.length, 'each has its own');
  const again = crowd();
  again.disguise.carryOut(order(MOVE));
  assert.deepEqual(again.addresses(), addresses(), 'the same seed moves the same shoppers');
  disguise.carryOut(undone);
  assert.ok(addresses().every((address) => address === undefined));
});

test('behind a shared router all come from its few addresses, whatever they had before', () => {
  const { disguise, addresses } = crowd({ ...CONFIG, clientIps: 10 });
  const before = addresses();
  assert.equal(new Set(before).size, 10);
  disguise.carryOut(order(NAT));
  assert.equal(new Set(addresses()).size, 2);
  assert.ok(addresses().every((address) => !before.includes(address)));
  disguise.carryOut(undone);
  assert.deepEqual(addresses(), before);
});

test('a fault ends when its time is over, even when nobody can tell', () => {
  const { disguise, clock } = crowd();
  disguise.carryOut(order(WHALE, 1000));
  assert.equal(disguise.whale(), 0.5);
  clock.ms = 1000;
  assert.equal(disguise.whale(), null);
});

test('only faults of the shoppers are orders, and only such as make sense', () => {
  const told = { type: 'fault.injected', id: 'f1', target: 'clients', forMs: 5000 } as const;
  assert.deepEqual(orderOf({ ...told, fault: 'client.whale', with: { share: 0.5 } }), order(WHALE, 5000));
  assert.deepEqual(
    orderOf({ type: 'fault.undone', id: 'f1', fault: 'client.whale', target: 'clients', why: 'x' }),
    undone,
  );
  assert.equal(orderOf({ ...told, fault: 'replica.kill' }), null);
  assert.equal(orderOf({ ...told, fault: 'client.whale', with: { share: 7 } }), null);
  assert.equal(orderOf({ ...told, fault: 'client.shared-nat' }), null);
});

test('what cannot be carried out here is said', () => {
  assert.equal(refusalOf(NAT, CONFIG), null);
  assert.match(
    refusalOf(NAT, { ...CONFIG, url: 'http://192.0.2.1:8080' }) ?? '',
    /only a shop on this machine/,
  );
  assert.equal(refusalOf(WHALE, { ...CONFIG, url: 'http://192.0.2.1:8080' }), null);
  assert.match(refusalOf(WHALE, { ...CONFIG, ratePerSecond: 5 }) ?? '', /shoppers come and go/);
});

test('a mark names what was said with such a fault', () => {
  const told = { id: 'f1', fault: 'client.ip-change', target: 'clients' } as const;
  assert.equal(
    markOf({ type: 'fault.injected', ...told, with: { percent: 30 }, forMs: null }),
    'client.ip-change percent=30',
  );
  assert.equal(markOf({ type: 'fault.undone', ...told, why: 'asked' }), 'client.ip-change undone');
});

test('shoppers who are on their way change their address at once, and back', async (t) => {
  const seen: (string | undefined)[] = [];
  const { url } = await openToyShop(t, {
    misbehave(request) {
      seen.push(request.socket.remoteAddress);
      return false;
    },
  });
  const run = startQuick(t, url, { iterations: null, durationMs: 60_000 });
  const cameFrom = (start: string) =>
    waitFor(
      `all from ${start}`,
      () => seen.length >= 30 && seen.slice(-20).every((one) => one?.startsWith(start)),
    );
  await cameFrom('127.0.0.1');
  assert.equal(run.disguise(order(NAT)), null);
  await cameFrom('127.2.1.');
  run.disguise(undone);
  await cameFrom('127.0.0.1');
  run.stop('SIGINT');
  const { carts, ops } = await run.result;
  assert.equal(carts.broken, 0);
  assert.equal(ops.ok, ops.issued, 'no request was lost on the way');
});

test('one shopper becomes the whale while the fault lasts', async (t) => {
  const shop = await openToyShop(t);
  const thinkMs = { min: 10, max: 30 };
  const run = startQuick(t, shop.url, { iterations: null, durationMs: 60_000, thinkMs });
  const shareOfLast = (count: number) => {
    const last = shop.requests.filter((one) => seqOf(one) < 1_000_000).slice(-count);
    return last.length < count ? Number.NaN : last.filter((one) => shopperOf(one) === 's1').length / count;
  };
  await waitFor('a quiet start', () => shareOfLast(60) < 0.3);
  assert.equal(run.disguise(order(WHALE)), null);
  await waitFor('the whale', () => shareOfLast(60) > 0.4);
  run.disguise(undone);
  await waitFor('its end', () => shareOfLast(60) < 0.3);
  run.stop('SIGINT');
  assert.equal((await run.result).verdict, 'valid');
});
