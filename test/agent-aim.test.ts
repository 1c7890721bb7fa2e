import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberState, MemberView } from '../apps/agent/contract.ts';
import type { Hands } from '../apps/agent/faults/action.ts';
import { aim } from '../apps/agent/faults/aim.ts';
import { ApiError } from '../lib/api-error.ts';

const roleOf = (id: string) => (id === 'redis' ? 'store' : 'shop');

const member = (id: string, state: MemberState = 'ready', since = 0): MemberView => ({
  ...{ id, role: roleOf(id), life: `${id}#1`, state },
  ...{ address: null, handle: null, since },
});

/** Members, and what their replicas say they hold. */
function hands(
  members: MemberView[],
  {
    mode = 'memory',
    held = {},
  }: { mode?: string; held?: Record<string, [sessions: number, largest: number, who?: string]> } = {},
): Pick<Hands, 'runtime' | 'proxy' | 'replicas'> {
  return {
    runtime: { members: () => members } as Hands['runtime'],
    proxy: { settings: async () => ({ sessions: mode }) } as unknown as Hands['proxy'],
    replicas: {
      async call<T>(id: string, _method: string, path: string) {
        const [sessions = 0, largest = 0, who] = held[id] ?? [];
        return { sessions, largest, holds: who !== undefined && path.endsWith(`?session=${who}`) } as T;
      },
    },
  };
}

const refused = (status: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ApiError, `expected an ApiError, got ${error}`);
  assert.equal(error.status, status);
  assert.match(error.message, message);
  return true;
};

const KILL = 'replica.kill' as const;
const SHOPS = [member('shop-1', 'ready', 30), member('shop-2', 'exited', 5), member('shop-3', 'ready', 10)];

test('"random" means any ready one of the fault’s role', async () => {
  const at = (fraction: number) =>
    aim({ fault: KILL, target: 'random' }, hands([...SHOPS, member('redis')]), () => fraction);
  const drawn = await Promise.all([0, 0.49, 0.5, 0.99].map(at));
  assert.deepEqual(drawn, [['shop-1'], ['shop-1'], ['shop-3'], ['shop-3']]);
});

test('a member that is named is meant whatever its state, and several can be named', async () => {
  assert.deepEqual(await aim({ fault: KILL, target: 'shop-2' }, hands(SHOPS)), ['shop-2']);
  assert.deepEqual(await aim({ fault: KILL, target: 'shop-3, shop-1,shop-3' }, hands(SHOPS)), [
    'shop-3',
    'shop-1',
  ]);
});

test('all, a number, a percentage, the oldest and the newest, among the ready ones', async () => {
  const five = [1, 2, 3, 4, 5].map((number) => member(`shop-${number}`, 'ready', 100 - number));
  const at = async (target: string) => (await aim({ fault: KILL, target }, hands(five), () => 0)).join(' ');
  assert.equal(await at('all'), 'shop-1 shop-2 shop-3 shop-4 shop-5');
  assert.equal(await at('2'), 'shop-1 shop-2');
  assert.equal(await at('50%'), 'shop-1 shop-2', 'rounded down');
  assert.equal(await at('1%'), 'shop-1', 'but never to nobody');
  assert.equal(await at('100%'), 'shop-1 shop-2 shop-3 shop-4 shop-5');
  assert.equal(await at('oldest'), 'shop-5');
  assert.equal(await at('newest'), 'shop-1');
  const two = await aim({ fault: KILL, target: { mode: 'fixed', value: 2, where: 'oldest' } }, hands(five));
  assert.deepEqual(two, ['shop-4', 'shop-5'], 'the oldest two, in the order of the list');
  await assert.rejects(at('6'), refused(409, /6 were to be hit, but only 5 can be/));
  await assert.rejects(at('0'), refused(400, /value of 1 or more, got 0/));
  await assert.rejects(at('101%'), refused(400, /1 to 100, got 101/));
});

test('by what the replicas hold: most carts, the whale, one session', async () => {
  const held: Record<string, [number, number, string?]> = { 'shop-1': [9, 2], 'shop-3': [4, 50, 'abc'] };
  const at = (target: string, mode?: string) =>
    aim({ fault: KILL, target }, hands(SHOPS, { held, ...(mode === undefined ? {} : { mode }) }));
  assert.deepEqual(await at('most-carts'), ['shop-1']);
  assert.deepEqual(await at('whale'), ['shop-3']);
  assert.deepEqual(await at('session:abc'), ['shop-3']);
  await assert.rejects(at('session:xyz'), refused(409, /no replica holds the session "xyz"/));
  await assert.rejects(at('most-carts', 'redis'), refused(409, /no replica holds carts in mode redis/));
  const empty = aim({ fault: KILL, target: 'whale' }, hands(SHOPS));
  await assert.rejects(empty, refused(409, /no replica holds a cart yet/));
});

test('aiming at nothing is an error that says what there is', async () => {
  const members = [member('shop-1'), member('shop-2'), member('redis')];
  const at = (target: string) => aim({ fault: KILL, target }, hands(members));
  await assert.rejects(at('shop-7'), refused(404, /"shop-7"; it can at shop-1, shop-2 or random/));
  await assert.rejects(at('shop-1,shop-7'), refused(404, /"shop-7"; it can/));
  await assert.rejects(at('redis'), refused(404, /replica.kill cannot be aimed at "redis"/));
  await assert.rejects(at('Shop-1'), refused(404, /"Shop-1"/));
  await assert.rejects(at('session:'), refused(404, /"session:"/));
  await assert.rejects(
    aim({ fault: KILL }, hands(members)),
    refused(400, /needs a target: shop-1, shop-2 or random/),
  );
  assert.deepEqual(await aim({ fault: 'store.kill' }, hands(members)), ['redis'], 'it can mean nobody else');
  await assert.rejects(at(''), refused(400, /needs a target: shop-1, shop-2 or random/));
  const dead = hands([member('shop-1', 'exited'), member('shop-2', 'paused')]);
  for (const target of ['random', 'all', '50%', 'oldest']) {
    await assert.rejects(
      aim({ fault: KILL, target }, dead),
      refused(409, /no shop is ready; there are shop-1, shop-2/),
    );
  }
  const external = aim({ fault: 'store.kill', target: 'redis' }, hands([member('shop-1')]));
  await assert.rejects(external, refused(409, /this cluster runs no store of its own/));
});

test('what is aimed at everything takes no other target', async () => {
  for (const target of [undefined, 'all', 'cluster']) {
    assert.deepEqual(await aim({ fault: 'deploy.rolling', ...(target ? { target } : {}) }, hands(SHOPS)), []);
  }
  const one = aim({ fault: 'client.whale', target: 'shop-1' }, hands(SHOPS));
  await assert.rejects(one, refused(400, /client.whale is aimed at all shoppers: leave the target out/));
});
