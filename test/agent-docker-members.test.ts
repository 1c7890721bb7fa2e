import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { inTurn } from '../apps/agent/runtime/docker/in-turn.ts';
import { Lives } from '../apps/agent/runtime/docker/lives.ts';
import { httpProbe } from '../apps/agent/runtime/docker/probe.ts';
import type { Sight } from '../apps/agent/runtime/docker/sight.ts';

const seen = (more: Partial<Sight> = {}): Sight => ({
  status: 'running',
  startedAt: 'monday',
  host: '10.0.0.2',
  how: 'code 0',
  ...more,
});
const dead = (more: Partial<Sight> = {}): Sight => seen({ status: 'exited', how: 'signal SIGKILL', ...more });

/** The lives of shop-2, and what was told of them as "state life how", with ! for what is not expected. */
function livesOf(boots = 0): { lives: Lives; told: string[]; asked: string[] } {
  const told: string[] = [];
  const asked: string[] = [];
  const spec = { id: 'shop-2', role: 'shop', port: 8080, probe: async () => null } as const;
  const lives: Lives = new Lives(
    spec,
    {
      now: () => 0,
      onState: (how, expected) => void told.push(`${lives.state} ${lives.life} ${how}${expected ? '' : '!'}`),
      onAsk: (key) => void asked.push(key),
    },
    boots,
  );
  return { lives, told, asked };
}

test('the life is guessed at a start, and what answers knows better', () => {
  const { lives, told } = livesOf(4);
  lives.observe('c1', seen());
  assert.equal(lives.life, 'shop-2#5');
  assert.equal(lives.answered('c1 monday', { life: 'shop-2#9' }), true);
  assert.deepEqual(told, ['starting shop-2#5 started', 'ready shop-2#9 ready']);
  assert.deepEqual(lives.address, { host: '10.0.0.2', port: 8080 });
});

test('what answers at the address and is not this life does not make it ready', () => {
  const { lives, told } = livesOf();
  lives.observe('c1', seen());
  assert.equal(lives.answered('c1 monday', { life: 'shop-3#1' }), false, 'another shop has its address');
  assert.equal(lives.answered('c1 monday', { life: 'shop-2' }), false, 'no life');
  assert.equal(lives.answered('c1 sunday', { life: 'shop-2#1' }), false, 'an answer of an earlier life');
  assert.deepEqual(told, ['starting shop-2#1 started']);
});

test('a life whose end nobody saw has ended all the same', () => {
  const { lives, told } = livesOf();
  lives.observe('c1', seen());
  lives.answered('c1 monday', { life: null });
  lives.observe('c1', seen({ startedAt: 'tuesday', host: '10.0.0.7' }));
  assert.deepEqual(told.slice(2), ['exited shop-2#1 its end was not seen!', 'starting shop-2#2 started']);
  assert.deepEqual(lives.address, { host: '10.0.0.7', port: 8080 }, 'and it may have moved');
});

test('the same sight again is no news', () => {
  const { lives, told, asked } = livesOf();
  for (let look = 0; look < 3; look++) lives.observe('c1', seen());
  for (let look = 0; look < 3; look++) lives.observe('c1', dead());
  assert.deepEqual(told, ['starting shop-2#1 started', 'exited shop-2#1 signal SIGKILL']);
  assert.deepEqual(asked, ['c1 monday']);
});

test('a death that Docker mends is told apart from one that it does not', () => {
  for (const [status, mark] of [
    ['restarting', '!'],
    ['exited', ''],
  ] as const) {
    const { lives, told } = livesOf();
    lives.observe('c1', seen());
    lives.answered('c1 monday', { life: null });
    lives.observe('c1', dead({ status }));
    assert.equal(told.at(-1), `exited shop-2#1 signal SIGKILL${mark}`);
  }
});

test('one that was dead when it was first seen had its life before us', () => {
  const { lives, told } = livesOf();
  lives.observe('c1', dead());
  assert.deepEqual([told, lives.state], [[], 'exited']);
});

test('of a start that somebody waits for, only its own failure is told, whatever Docker makes of it', () => {
  const { lives, told } = livesOf();
  lives.beginTrial();
  // So fast that it was never seen running.
  lives.observe('c1', dead({ status: 'restarting', how: 'code 3' }));
  lives.observe('c1', seen({ startedAt: 'tuesday' }));
  lives.observe('c1', dead({ status: 'restarting', startedAt: 'tuesday' }));
  lives.endTrial({ container: 'c1', sight: dead({ startedAt: 'tuesday' }) });
  lives.observe('c1', dead({ startedAt: 'tuesday' }));
  assert.deepEqual(told, ['starting shop-2#1 started', 'exited shop-2#1 code 3']);
});

test('one that was frozen before it ever answered is asked when it can speak again', () => {
  const { lives, told, asked } = livesOf();
  lives.observe('c1', seen({ status: 'paused' }));
  assert.equal(lives.state, 'paused');
  lives.observe('c1', seen());
  assert.equal(lives.state, 'starting');
  assert.equal(asked.length, 2);
  lives.answered('c1 monday', { life: 'shop-2#6' });
  lives.observe('c1', seen({ status: 'paused' }));
  lives.observe('c1', seen());
  assert.deepEqual(told.slice(2), [
    'ready shop-2#6 ready',
    'paused shop-2#6 paused',
    'ready shop-2#6 resumed',
  ]);
});

test('whoever looks while somebody looks already gets the next look, together with the others', async () => {
  const looks: (() => void)[] = [];
  const look = inTurn(() => new Promise((resolve) => void looks.push(resolve)));
  const first = look();
  await Promise.resolve();
  const later = [look(), look(), look()];
  assert.equal(looks.length, 1);
  looks[0]?.();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(looks.length, 2, 'one for all three');
  looks[1]?.();
  await Promise.all(later);
  assert.equal(looks.length, 2);
});

test('a look that fails does not spoil the next', async () => {
  let looks = 0;
  const look = inTurn(async () => {
    if (++looks === 1) throw new Error('away');
  });
  await assert.rejects(look(), /away/);
  await look();
  assert.equal(looks, 2);
});

/** A server as a replica is: it says which life it is in. */
async function replica(
  t: TestContext,
  status: number,
): Promise<{ host: string; port: number; hosts: unknown[] }> {
  const hosts: unknown[] = [];
  const server = createServer((req, res) => {
    hosts.push(req.headers.host);
    res.writeHead(status, { 'x-boot-id': 'shop-2#5' }).end();
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, hosts };
}

test('ready is who answers 200, by a name that the control plane answers to', async (t) => {
  const ready = await replica(t, 200);
  assert.deepEqual(await httpProbe('/readyz')(ready), { life: 'shop-2#5' });
  assert.deepEqual(ready.hosts, ['localhost']);
  assert.equal(await httpProbe('/readyz')(await replica(t, 503)), null);
  assert.equal(await httpProbe('/readyz')({ host: '127.0.0.1', port: 1 }), null);
});
