import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createPlan,
  DEFAULT_MIX,
  MAX_OPEN_MUTATIONS,
  type Mix,
  operationOf,
  type Step,
  skuOfLine,
} from '../scripts/load/plan.ts';
import { randomOf } from '../scripts/load/random.ts';
import { parseMix } from '../scripts/load/read.ts';

function stepsOf(options: { seed: number; shopper: number; mix?: Mix }, count: number): Step[] {
  const plan = createPlan({ mix: DEFAULT_MIX, ...options });
  return Array.from({ length: count }, () => plan.next());
}

const step = (partial: Partial<Step>): Step => ({
  seq: 7,
  kind: 'set',
  sku: 'mug',
  qty: 2,
  target: 3,
  thinkFraction: 0,
  ...partial,
});

test('the same seed and shopper give the same plan, another seed or shopper another one', () => {
  const plan = stepsOf({ seed: 41, shopper: 1 }, 200);
  assert.deepEqual(stepsOf({ seed: 41, shopper: 1 }, 200), plan);
  assert.notDeepEqual(stepsOf({ seed: 42, shopper: 1 }, 200), plan);
  assert.notDeepEqual(stepsOf({ seed: 41, shopper: 2 }, 200), plan);
});

test('random numbers are spread evenly and differ between neighbouring steps, shoppers and seeds', () => {
  const firsts = Array.from({ length: 3000 }, (_, n) => randomOf(n % 10, Math.floor(n / 10) % 30, n)());
  const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
  assert.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`);
  assert.equal(new Set(firsts).size, firsts.length);
});

test('steps come about as often as the mix says', () => {
  const steps = Array.from({ length: 50 }, (_, n) => stepsOf({ seed: 1, shopper: n + 1 }, 200)).flat();
  const share = (kind: string) => steps.filter((one) => one.kind === kind).length / steps.length;
  assert.ok(Math.abs(share('read') - 3 / 10.8) < 0.02, `read ${share('read')}`);
  assert.ok(Math.abs(share('login') - 0.3 / 10.8) < 0.01, `login ${share('login')}`);
  assert.equal(share('logout'), 0);
});

test('the first step is an add, and set and remove refer to earlier adds of the plan itself', () => {
  for (let shopper = 1; shopper <= 50; shopper++) {
    const steps = stepsOf({ seed: 9, shopper }, 100);
    assert.equal(steps[0]?.kind, 'add');
    for (const { seq, kind, target } of steps) {
      if (kind !== 'set' && kind !== 'remove') continue;
      assert.ok(target !== null && target < seq, `step ${seq} refers to ${target}`);
      assert.equal(steps[target - 1]?.kind, 'add');
    }
  }
});

test('a planned basket stops growing, unless the mix can only add', () => {
  const most = (mix: Mix) => {
    let [lines, top] = [0, 0];
    for (const { kind } of stepsOf({ seed: 5, shopper: 1, mix }, 500)) {
      if (kind === 'add') lines += 1;
      if (kind === 'remove') lines -= 1;
      if (kind === 'checkout') lines = 0;
      top = Math.max(top, lines);
    }
    return top;
  };
  assert.equal(most(parseMix('add=5,set=1')), 12);
  assert.equal(most(parseMix('add=1')), 500);
});

test('a step becomes the operation it plans, with the op id of its place in the plan', () => {
  const context = { run: 'k3f', shopper: 's2', known: { knownLines: ['k3f.s2.3'], openMutations: 0 } };
  assert.deepEqual(operationOf(step({}), context), {
    key: 'k3f.s2.7',
    kind: 'set',
    line: 'k3f.s2.3',
    qty: 2,
  });
  assert.deepEqual(operationOf(step({ kind: 'login', target: null }), context), {
    key: 'k3f.s2.7',
    kind: 'login',
    user: 's2',
  });
});

test('a step whose line is not known to be in the cart becomes a read', () => {
  const known = { knownLines: ['k3f.s2.1'], openMutations: 0 };
  const op = operationOf(step({ kind: 'remove' }), { run: 'k3f', shopper: 's2', known });
  assert.deepEqual(op, { key: 'k3f.s2.7', kind: 'read' });
});

test('a shopper with three mutations of unknown fate only reads', () => {
  const at = (openMutations: number) =>
    operationOf(step({ kind: 'add', target: null }), {
      run: 'k3f',
      shopper: 's2',
      known: { knownLines: [], openMutations },
    }).kind;
  assert.equal(at(MAX_OPEN_MUTATIONS - 1), 'add');
  assert.equal(at(MAX_OPEN_MUTATIONS), 'read');
});

test('the SKU of a line is known from its op id alone', () => {
  const adds = stepsOf({ seed: 41, shopper: 3 }, 60).filter(({ kind }) => kind === 'add');
  for (const { seq, sku } of adds) assert.equal(skuOfLine(`k3f.s3.${seq}`, { run: 'k3f', seed: 41 }), sku);
  assert.equal(skuOfLine('other.s3.1', { run: 'k3f', seed: 41 }), '?');
});
