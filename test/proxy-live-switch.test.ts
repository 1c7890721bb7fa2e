import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SETTINGS, type Settings } from '../proxy/contract.ts';
import { type Answer, pinOf, send } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { createShopper, startSessionShop } from './support/session-shop.ts';

test('a pin outlives its affinity: switched off and on again, its client is back where it was', async (t) => {
  const { port, settings } = await cluster(t);
  const shopper = createShopper(t, port);
  const home = (await shopper.write()).by;
  await settings({ affinity: 'none' });
  const elsewhere = await Promise.all([shopper.read(), shopper.read(), shopper.read()]);
  assert.equal(new Set(elsewhere.map(({ by }) => by)).size, 3);
  assert.deepEqual([...new Set(elsewhere.map(({ letters }) => letters))], ['UN']);
  await settings({ affinity: 'cookie' });
  const back = await shopper.read();
  assert.deepEqual([back.by, back.letters], [home, 'VN']);
});

test('a pin to a replica that was removed while nobody asked for pins names nobody, and is replaced', async (t) => {
  const { port, settings, place, shops } = await cluster(t);
  const shopper = createShopper(t, port);
  const home = (await shopper.write()).by;
  await settings({ affinity: 'none' });
  await place(shops.filter(({ address }) => address.id !== home));
  await settings({ affinity: 'cookie' });
  assert.equal((await shopper.read()).letters, 'II');
  assert.equal((await shopper.read()).letters, 'VN');
});

const PIN: Record<Settings['pinFormat'], RegExp> = {
  plain: /^shop-\d(\|\w+\|\w+)?$/,
  hashed: /^[0-9a-f]{16}(\|\w+\|\w+)?$/,
  hmac: /^shop-\d(\|\w+\|\w+)?\.[\w-]{43}$/,
};
const LETTERS: Record<Settings['affinity'], RegExp> = {
  none: /^[NU]N$/,
  cookie: /^(NI|II|VN|VU)$/,
  'ip-hash': /^[NU]N$/,
  'session-hash': /^[NU]N$/,
  table: /^([NU][NI]|VN|VI)$/,
  connection: /^([NU]I|VN)$/,
};

test('while the affinity is switched under load, every answer obeys the settings of its own epoch', async (t) => {
  const { port, settings, state } = await cluster(t);
  const byEpoch = new Map<string, Settings>([[String(state.settings.epoch), state.settings]]);
  const answers: Answer[] = [];
  let over = false;
  const clients = Array.from({ length: 6 }, async () => {
    const cookies = ['cw_sid=one'];
    while (!over) {
      const answer = await send(port, { headers: { cookie: cookies.join('; ') } });
      const pin = pinOf(answer);
      if (pin !== null) cookies[1] = `cw_pin=${pin}`;
      answers.push(answer);
    }
  });
  for (const affinity of SETTINGS.affinity) {
    for (const pinFormat of SETTINGS.pinFormat) {
      for (const pinLife of SETTINGS.pinLife) {
        const now = await settings({ affinity, pinFormat, pinLife });
        byEpoch.set(String(now.epoch), now);
        await send(port);
      }
    }
  }
  over = true;
  await Promise.all(clients);
  for (const answer of answers) assertObeys(answer, byEpoch.get(String(answer.headers['x-epoch'])));
  assert.ok(
    new Set(answers.map(({ headers }) => headers['x-epoch'])).size > 20,
    'they met most of the settings',
  );
});

function assertObeys(answer: Answer, settings: Settings | undefined): void {
  const { affinity, pinFormat } = settings ?? assert.fail('an epoch nobody set');
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers['x-affinity']), LETTERS[affinity], affinity);
  const pin = pinOf(answer);
  if (pin === null) return;
  assert.equal(affinity, 'cookie', 'only this one sets a cookie');
  assert.match(pin, PIN[pinFormat]);
}

/** Three replicas with sessions, and pins. */
async function cluster(t: TestContext) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startSessionShop(t, id)));
  return { ...(await startTestProxy(t, { ...PATIENT, affinity: 'cookie', upstreams: shops })), shops };
}
