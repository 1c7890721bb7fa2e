import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { frameOf } from '../scripts/load/frame.ts';
import { DEFAULT_CONFIG } from '../scripts/load/options.ts';
import { type LoadProgress, progressOf } from '../scripts/load/progress.ts';
import { HIDE_CURSOR, lineOf, openScreen, SHOW_CURSOR } from '../scripts/load/screen.ts';
import { createTally } from '../scripts/load/tally.ts';
import { createView } from '../scripts/load/view.ts';
import { createWatch } from '../scripts/load/watch.ts';
import { COLOURED, lossText } from '../scripts/load/words.ts';

const RED = '\x1b[1;31m';
const CONFIG = { url: 'http://127.0.0.1:1', ...DEFAULT_CONFIG };
const LOOK = { config: CONFIG, colours: COLOURED, seed: 41 };

/** A moment of a run with so many broken carts. */
function moment(brokenCarts: number, shown: Partial<LoadProgress> = {}): LoadProgress {
  const watch = createWatch({
    run: 'k3f',
    sessionTtlMs: 1000,
    recorder: null,
    skuOf: () => 'mug',
    onBroken() {},
  });
  const tally = createTally();
  const view = createView({ comeAndGo: false });
  const at = { run: 'k3f', shoppers: 20, phase: 'shopping', elapsedMs: 10_000 } as const;
  const now = progressOf({ ...at, watch, tally, view });
  const carts = { checked: 40, broken: brokenCarts, undecided: 0 };
  return { ...now, carts, broken: { ...now.broken, lostSession: brokenCarts }, ...shown };
}

test('nothing is red while no cart is broken', () => {
  assert.equal(frameOf(moment(0), LOOK, 80).join('\n').includes('\x1b'), false);
});

test('the headline is red when carts are broken, and says so in words as well', () => {
  const [, headline = '', classes = ''] = frameOf(moment(3), LOOK, 80);
  assert.equal(headline.startsWith(RED), true);
  assert.match(headline, /BROKEN CARTS 3 of 40 \(7\.5 %\)/);
  assert.match(classes, /lost session 3/);
});

test('a frame keeps its height and never exceeds the width of the terminal', () => {
  const lastBroken = {
    type: 'cart.broken',
    run: 'k3f',
    shopper: 's1',
    class: 'lostSession',
    was: 'shop-1#1',
    now: 'shop-2#1',
    status: 200,
    missing: Array.from({ length: 12 }, () => 'socks'),
  } as const;
  const busy = moment(3, {
    lastBroken: { ...lastBroken, missing: [...lastBroken.missing] },
    phase: 'last reads',
  });
  for (const columns of [20, 40, 80]) {
    const frames = [frameOf(moment(0), LOOK, columns), frameOf(busy, LOOK, columns)];
    assert.equal(new Set(frames.map(({ length }) => length)).size, 1);
    for (const line of frames.flat()) {
      const visible = stripVTControlCharacters(line);
      assert.ok(visible.length < columns, `${visible.length} of ${columns}: ${visible}`);
    }
  }
});

test('the screen redraws in place with one write per frame and gives the cursor back', () => {
  const writes: string[] = [];
  const out = {
    columns: 80,
    write: (text: string) => writes.push(text) > 0,
  } as unknown as NodeJS.WriteStream;
  openScreen({ ...LOOK, out, progress: () => moment(1) }).close();
  const [hide, first, second, show, ...rest] = writes;
  assert.deepEqual([hide, show, rest], [HIDE_CURSOR, SHOW_CURSOR, []]);
  const lines = (first ?? '').split('\n').length - 1;
  assert.equal((second ?? '').startsWith(`\x1b[${lines}A\r`), true);
});

test('without a terminal one moment is one plain line', () => {
  assert.equal(
    lineOf(moment(2)),
    '10.0 s  broken carts 2 of 40  shoppers hit 0 of 20  0 req/s  failed 0  unknown 0',
  );
});

test('a loss is told in things, each once with its count, and an empty lost session as the login', () => {
  assert.equal(lossText({ class: 'lostSession', missing: ['mug', 'tea', 'mug'] }), 'mug ×2, tea');
  assert.equal(lossText({ class: 'lostSession', missing: [] }), 'the login');
  assert.equal(lossText({ class: 'duplicate', missing: [] }), 'nothing, but the cart is wrong');
});
