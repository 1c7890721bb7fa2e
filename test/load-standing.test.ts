import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_PLACED, MAX_SAMPLES, type SampledAnswer } from '../scripts/load/contract.ts';
import { createPlaces } from '../scripts/load/places.ts';
import { createSampler, joinedSample, type Sample, toldSample } from '../scripts/load/sample.ts';
import { ARRIVED, afterSight, answerLook, type Sight } from '../scripts/load/standing.ts';
import { createJoinedView, createView } from '../scripts/load/view.ts';

/** An answer of shop-1 that shows two lines and surprises nobody. */
const sight = (change: Partial<Sight> = {}): Sight => ({
  ...{ kind: 'add', lines: 2, servedBy: 'shop-1', status: 200, accused: false },
  ...change,
});
const lost = sight({ kind: 'read', lines: 0, servedBy: 'shop-2', accused: true });
const error = (change: Partial<Sight> = {}) => sight({ lines: null, servedBy: null, status: 503, ...change });

/** How the cart looks after each of these answers. */
function looks(...sights: Sight[]): string[] {
  let standing = ARRIVED;
  return sights.map((one) => {
    standing = afterSight(standing, one);
    return standing.cart;
  });
}

test('an empty cart is none whether it is new or was bought; with a line in it, it is right', () => {
  const read = sight({ kind: 'read', lines: 0 });
  assert.deepEqual(looks(read, sight(), sight({ kind: 'checkout', lines: 0 }), sight()), [
    'none',
    'right',
    'none',
    'right',
  ]);
});

test('a cart that lost its session shows nothing and is broken, and filling it again does not mend it', () => {
  assert.deepEqual(looks(sight(), lost, sight({ kind: 'login', lines: 0 }), sight({ lines: 3 })), [
    'right',
    ...['broken', 'broken', 'broken'],
  ]);
});

test('a broken shopper begins anew with an acknowledged checkout or logout, and may break again', () => {
  for (const kind of ['checkout', 'logout'] as const) {
    const anew = sight({ kind, lines: 0 });
    assert.deepEqual(looks(lost, anew, sight(), lost), ['broken', 'none', 'right', 'broken']);
  }
});

test('a checkout that failed, was never answered, or was itself wrong, does not make a broken cart right', () => {
  const failed = error({ kind: 'checkout', status: 503 });
  const unanswered = error({ kind: 'checkout', status: 0 });
  const wrong = sight({ kind: 'checkout', lines: 1, accused: true });
  assert.deepEqual(looks(lost, failed, unanswered, wrong), ['broken', 'broken', 'broken', 'broken']);
});

test('the very answer of a checkout that shows the loss breaks the cart', () => {
  assert.deepEqual(looks(sight(), sight({ kind: 'checkout', lines: 0, accused: true })), ['right', 'broken']);
});

test('an error changes neither the cart nor where the shopper was answered last', () => {
  const before = afterSight(ARRIVED, sight());
  assert.equal(afterSight(before, error()), before);
  assert.equal(afterSight(before, sight({ kind: 'read' })), before, 'nothing new, no new object');
  assert.equal(afterSight(before, sight({ servedBy: 'shop-3' })).on, 'shop-3');
});

test('silent is what an answer with status 200 broke, until the shopper begins anew', () => {
  const broken = afterSight(ARRIVED, lost);
  assert.equal(broken.silent, true);
  assert.equal(afterSight(broken, sight({ kind: 'logout', lines: 0 })).silent, false);
  const byFailure = afterSight(afterSight(ARRIVED, sight()), error({ status: 409, accused: true }));
  assert.deepEqual(byFailure, { on: 'shop-1', cart: 'broken', silent: false });
  assert.equal(afterSight(byFailure, lost).silent, false, 'it was loud once');
});

test('a broken cart is wrong in every answer that shows it, and an error is an error', () => {
  const broken = afterSight(ARRIVED, lost);
  assert.equal(answerLook(lost, broken), 'wrong');
  assert.equal(answerLook(sight(), afterSight(broken, sight())), 'wrong');
  assert.equal(answerLook(error(), broken), 'error');
  const bought = sight({ kind: 'checkout', lines: 0 });
  assert.equal(answerLook(bought, afterSight(broken, bought)), 'right');
});

test('only what changed is told, once, and all of it when asked', () => {
  const places = createPlaces({ comeAndGo: false });
  places.put([1, null, 'none']);
  places.put([2, 'shop-1', 'right']);
  assert.deepEqual(places.take(false)?.carts.length, 2);
  assert.equal(places.take(false), null);
  places.put([2, 'shop-2', 'broken']);
  assert.deepEqual(places.take(false), { all: false, carts: [[2, 'shop-2', 'broken']] });
  const all = { all: true, carts: [[1, null, 'none'] as const, [2, 'shop-2', 'broken'] as const] };
  assert.deepEqual(places.take(true), all);
});

test('where shoppers come and go all that are there are told, and never too many', () => {
  const places = createPlaces({ comeAndGo: true });
  for (let shopper = 1; shopper <= MAX_PLACED + 3; shopper++) places.put([shopper, null, 'none']);
  assert.equal(places.take(false)?.carts.length, MAX_PLACED);
  for (let shopper = 1; shopper <= MAX_PLACED; shopper++) places.remove(shopper);
  const left = [1, 2, 3].map((place) => [MAX_PLACED + place, null, 'none']);
  assert.deepEqual(places.take(false), { all: true, carts: left });
  const stay = createPlaces({ comeAndGo: false });
  stay.put([MAX_PLACED + 1, null, 'none']);
  assert.equal(stay.take(false), null, 'only counted');
});

const answers = (count: number, on: string): SampledAnswer[] =>
  Array.from({ length: count }, (_, index) => [index + 1, on, 'right']);

function sampleOf(seen: readonly SampledAnswer[], random = Math.random): Sample {
  const sampler = createSampler(random);
  seen.forEach((answer, t) => void sampler.see(t, answer));
  return sampler.take();
}

test('few answers are all told, in their order; of many so many that each had the same chance', () => {
  const few = answers(3, 'shop-1');
  assert.deepEqual(toldSample(sampleOf(few)), { of: 3, samples: few });
  const many = Array.from({ length: 60 }, () => toldSample(sampleOf(answers(1000, 'shop-1'))));
  for (const { of, samples } of many) {
    assert.deepEqual([of, samples.length], [1000, MAX_SAMPLES]);
    assert.deepEqual(
      samples.map(([shopper]) => shopper),
      samples.map(([shopper]) => shopper).toSorted((a, b) => a - b),
    );
  }
  // 3600 draws: the mean place is 500 with a standard error of 5.
  const drawn = many.flatMap(({ samples }) => samples.map(([shopper]) => shopper));
  const mean = drawn.reduce((sum, shopper) => sum + shopper, 0) / drawn.length;
  assert.ok(Math.abs(mean - 500.5) < 35, `a mean of ${mean}`);
});

test('a sample is taken once', () => {
  const sampler = createSampler();
  sampler.see(1, [1, 'shop-1', 'error']);
  assert.equal(sampler.take().of, 1);
  assert.deepEqual(sampler.take(), { of: 0, kept: [] });
});

test('samples of two threads are one, in which every answer still stands for as many', () => {
  const [busy, calm] = [sampleOf(answers(3000, 'busy')), sampleOf(answers(1000, 'calm'))];
  const { of, samples } = toldSample(joinedSample([busy, calm]));
  assert.equal(of, 4000);
  const from = (name: string) => samples.filter(([, on]) => on === name).length;
  assert.deepEqual([from('busy'), from('calm')], [45, 15]);
  assert.deepEqual(
    joinedSample([{ of: 0, kept: [] }, busy]),
    busy,
    'nothing is lost to a thread that rested',
  );
});

test('the view counts those who stand right, broken and silent, also above what is placed', () => {
  const view = createView({ comeAndGo: false });
  const [first, second, far] = [view.enter(1), view.enter(2), view.enter(MAX_PLACED + 1)];
  for (const one of [first, second, far]) one.saw(sight(), 5);
  assert.deepEqual(view.now(), { right: 3, broken: 0, silent: 0 });
  second.saw(lost, 6);
  far.saw(lost, 7);
  assert.deepEqual(view.now(), { right: 1, broken: 2, silent: 2 });
  assert.deepEqual(view.placed(false)?.carts, [
    [1, 'shop-1', 'right'],
    [2, 'shop-2', 'broken'],
  ]);
  second.saw(sight({ kind: 'checkout', lines: 0 }), 8);
  first.leave();
  assert.deepEqual(view.now(), { right: 1, broken: 1, silent: 1 }, 'a cart that is left stands where it is');
  assert.deepEqual(toldSample(view.sampled()).samples.at(-1), [2, 'shop-1', 'right']);
});

test('who leaves an open shop is neither counted nor placed any more', () => {
  const view = createView({ comeAndGo: true });
  const [first, second] = [view.enter(1), view.enter(2)];
  first.saw(lost, 1);
  second.saw(sight(), 2);
  first.leave();
  assert.deepEqual(view.now(), { right: 1, broken: 0, silent: 0 });
  assert.deepEqual(view.placed(false), { all: true, carts: [[2, 'shop-1', 'right']] });
});

test('an error in the sample names no replica', () => {
  const view = createView({ comeAndGo: false });
  const shopper = view.enter(7);
  shopper.saw(sight(), 1);
  shopper.saw(error(), 2);
  assert.deepEqual(toldSample(view.sampled()).samples, [
    [7, 'shop-1', 'right'],
    [7, null, 'error'],
  ]);
});

test('what the threads of an open model place is one list, without those who left either', () => {
  const now = () => ({ right: 0, broken: 0, silent: 0 });
  const joined = createJoinedView({ comeAndGo: true, now });
  const sampled = { of: 0, kept: [] };
  joined.hear(0, {
    placed: {
      all: true,
      carts: [
        [1, 'shop-1', 'right'],
        [3, null, 'none'],
      ],
    },
    sampled,
  });
  joined.hear(1, { placed: { all: true, carts: [[2, 'shop-2', 'broken']] }, sampled });
  assert.equal(joined.placed(false)?.carts.length, 3);
  joined.hear(0, { placed: { all: true, carts: [[3, 'shop-1', 'right']] }, sampled });
  assert.deepEqual(joined.placed(false), {
    all: true,
    carts: [
      [3, 'shop-1', 'right'],
      [2, 'shop-2', 'broken'],
    ],
  });
  assert.equal(joined.placed(false), null);
});
