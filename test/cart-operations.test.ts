import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLine, cartAfter, emptyCart, LINES_MAX, removeLine, setQuantity } from '../apps/cart/cart.ts';
import type { CartState } from '../apps/cart/contract.ts';

const cartOf = (...ids: string[]): CartState => ({
  id: 'c1',
  born: 'new',
  lines: ids.map((id) => ({ id, sku: 'mug', qty: 1, w: id })),
});

test('the first line mints the id of the cart, later ones keep it', () => {
  const one = addLine(emptyCart(), { opId: 'r.s.1', sku: 'mug', qty: 2, freshId: 'aaaa' });
  assert.deepEqual(one, {
    id: 'aaaa',
    born: 'new',
    lines: [{ id: 'r.s.1', sku: 'mug', qty: 2, w: 'r.s.1' }],
  });
  const two = addLine(one as CartState, { opId: 'r.s.2', sku: 'mug', qty: 1, freshId: 'bbbb' }) as CartState;
  assert.equal(two.id, 'aaaa');
  assert.deepEqual(
    two.lines.map((line) => line.id),
    ['r.s.1', 'r.s.2'],
  );
});

test('an operation leaves the cart it was given as it was', () => {
  const before = cartOf('a');
  const copy = structuredClone(before);
  addLine(before, { opId: 'b', sku: 'tea', qty: 1, freshId: 'x' });
  setQuantity(before, { opId: 'b', lineId: 'a', qty: 9 });
  removeLine(before, 'a');
  assert.deepEqual(before, copy);
});

test('a cart takes 200 lines and refuses the next', () => {
  const nearlyFull = cartOf(...Array.from({ length: LINES_MAX - 1 }, (_, index) => `l${index}`));
  const full = addLine(nearlyFull, { opId: 'last', sku: 'tea', qty: 1, freshId: 'x' });
  assert.equal((full as CartState).lines.length, 200);
  assert.equal(addLine(full as CartState, { opId: 'more', sku: 'tea', qty: 1, freshId: 'x' }), 'cart_full');
});

test('setting a quantity marks the line with the op id of the write and leaves the others alone', () => {
  const cart = setQuantity(cartOf('a', 'b'), { opId: 'w', lineId: 'b', qty: 7 }) as CartState;
  assert.deepEqual(cart.lines, [
    { id: 'a', sku: 'mug', qty: 1, w: 'a' },
    { id: 'b', sku: 'mug', qty: 7, w: 'w' },
  ]);
});

test('a line that is not there can be neither set nor removed', () => {
  assert.equal(setQuantity(cartOf('a'), { opId: 'w', lineId: 'z', qty: 7 }), 'no_such_line');
  assert.equal(removeLine(cartOf('a'), 'z'), 'no_such_line');
});

test('removing a line that a resent add doubled removes both', () => {
  assert.deepEqual(
    (removeLine(cartOf('a', 'a', 'b'), 'a') as CartState).lines.map((line) => line.id),
    ['b'],
  );
});

test('the cart after a checkout or logout is certified by its op id', () => {
  assert.deepEqual(cartAfter('r.s.9', 'cccc'), { id: 'cccc', born: 'r.s.9', lines: [] });
});
