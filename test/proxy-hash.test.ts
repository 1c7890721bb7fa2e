import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HASHES } from '../proxy/hash/index.ts';
import { EMPTY_POOL } from '../proxy/pool.ts';
import { evenly, poolWith } from './support/balancing.ts';

const KEYS = Array.from({ length: 10_000 }, (_, index) => `10.${index >> 8}.${index & 255}.7`);
/** How far a share may be from the mathematical one, in percent points. */
const TOLERANCE = 5;

const MOVES: [hash: keyof typeof HASHES, from: string[], to: string[], percent: number][] = [
  ['rendezvous', ['1', '2', '3'], ['1', '2', '3', '4'], 25],
  ['rendezvous', ['1', '2', '3'], ['1', '3'], 33.3],
  ['rendezvous', ['1', '2', '3', '4'], ['1', '3', '4'], 25],
  ['modulo', ['1', '2', '3'], ['1', '2', '3', '4'], 75],
  ['modulo', ['1', '2', '3'], ['1', '3'], 66.7],
  ['modulo', ['1', '2', '3', '4'], ['1', '3', '4'], 75],
];

for (const [hash, from, to, percent] of MOVES) {
  test(`${hash} moves about ${percent} % of the clients when ${from.length} replicas become ${to.length}`, () => {
    const before = placed(hash, from);
    const after = placed(hash, to);
    const moved = before.filter((upstream, index) => upstream !== after[index]).length;
    const share = (100 * moved) / KEYS.length;
    assert.ok(Math.abs(share - percent) <= TOLERANCE, `moved ${share} %`);
  });
}

test('rendezvous moves the clients of the dead replica only', () => {
  const before = placed('rendezvous', ['1', '2', '3']);
  const after = placed('rendezvous', ['1', '3']);
  assert.ok(before.every((upstream, index) => upstream === '2' || upstream === after[index]));
});

for (const hash of ['rendezvous', 'modulo'] as const) {
  test(`${hash} gives every replica its share`, () => {
    const chosen = placed(hash, ['1', '2', '3']);
    for (const id of ['1', '2', '3']) {
      const share = (100 * chosen.filter((upstream) => upstream === id).length) / KEYS.length;
      assert.ok(Math.abs(share - 33.3) <= TOLERANCE, `${id} has ${share} %`);
    }
  });

  test(`${hash} goes by the names of replicas, so a new address or life moves nobody`, () => {
    const pool = shops(['1', '2', '3']);
    const moved = pool.up.map((upstream) => ({ ...upstream, port: 9, life: 'x' }));
    for (const key of KEYS.slice(0, 100)) {
      assert.equal(HASHES[hash](key, moved, pool)?.id, HASHES[hash](key, pool.up, pool)?.id);
    }
  });

  test(`${hash} finds nobody when there is nobody`, () => {
    assert.equal(HASHES[hash]('10.0.0.1', [], EMPTY_POOL), null);
  });
}

const placed = (hash: keyof typeof HASHES, ids: string[]): (string | undefined)[] => {
  const pool = shops(ids);
  return KEYS.map((key) => HASHES[hash](key, pool.up, pool)?.id.replace('shop-', ''));
};

const shops = (ids: string[]) => poolWith(evenly(ids.map((id) => `shop-${id}`)));
