import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PhoneView } from '../../apps/console/contract.ts';
import { createJudge } from '../../apps/console/web/join/judge.ts';
import {
  answered,
  failed,
  type Ledger,
  lookOf,
  newLedger,
  type Seen,
  sent,
} from '../../apps/console/web/join/ledger.ts';
import { diedAtHome, type Memory, voidBecause } from '../../apps/console/web/join/news.ts';
import { rowsOf } from '../../apps/console/web/join/rows.ts';
import { minutes, sheetText } from '../../apps/console/web/join/sheet.ts';
import { bannerOf, clock } from '../../apps/console/web/join/words.ts';
import type { Line, Op } from '../../scripts/oracle/history.ts';

/** One phone, its ledger and its judge, without a network. */
class TestPhone {
  ledger: Ledger = newLedger('run', 'p1');
  judge = createJudge(this.ledger);
  #seq = 0;
  #t = 1000;

  op(kind: 'checkout' | 'logout' | 'read'): Op {
    return { key: this.#key(), kind };
  }
  add(sku: string): Op {
    return { key: this.#key(), kind: 'add', sku, qty: 1 };
  }
  /** The shop answers `op` with these lines; true = the oracle accuses. */
  ok(op: Op, lines: Line[], place: Partial<Seen> = {}): boolean {
    this.#t += 1000;
    const call = this.judge.sent(op, this.#t);
    this.ledger = sent(this.ledger, op);
    const seen = seenOf(lines, { at: this.#t, ...place });
    const { boot, replica: servedBy, cartId: id, born } = seen;
    const obs = { user: null, cart: { id, born, lines }, boot, servedBy };
    const isWrong = this.judge.ended(call, { type: 'ok', obs }, this.#t) !== null;
    this.ledger = answered(this.ledger, op, seen, isWrong);
    return isWrong;
  }
  lost(op: Op): void {
    const call = this.judge.sent(op, this.#t);
    this.ledger = sent(this.ledger, op);
    this.judge.ended(call, { type: 'unknown', reason: 'timeout' }, this.#t);
  }
  /** The page is loaded again: all that is left is the ledger. */
  reload(): void {
    this.ledger = JSON.parse(JSON.stringify(this.ledger));
    this.judge = createJudge(this.ledger);
  }
  says(deaths: PhoneView['deaths'] = []) {
    return bannerOf({ ledger: this.ledger, trouble: null, waiting: null, deaths, asleepSince: null, now: 0 });
  }
  #key(): string {
    this.#seq += 1;
    return `run.p1.${this.#seq}`;
  }
}

function seenOf(lines: Line[], change: Partial<Seen>): Seen {
  const home = { replica: 'shop-2', boot: 'shop-2#1', sessions: 'memory' as const };
  return { at: 0, ...home, cartId: 'c1', born: 'new', lines, cookieBytes: null, letters: 'VN', ...change };
}

const lineOf = (op: Op): Line => ({ id: op.key, sku: op.kind === 'add' ? op.sku : '', qty: 1, w: op.key });
const SHOP_3 = { replica: 'shop-3', boot: 'shop-3#4', cartId: 'c9' };
const KILLED = { life: 'shop-2#1', how: 'killed', at: new Date(2026, 0, 5, 10, 42, 7).getTime() };

function filled(...skus: string[]): { phone: TestPhone; lines: Line[] } {
  const phone = new TestPhone();
  phone.ok(phone.op('logout'), []);
  const lines: Line[] = [];
  for (const sku of skus) {
    const op = phone.add(sku);
    lines.push(lineOf(op));
    assert.equal(phone.ok(op, [...lines]), false);
  }
  return { phone, lines };
}

test('a cause is told only when a death was; until then it says who had the cart and who does not', () => {
  const { phone } = filled('mug', 'tea');
  assert.deepEqual(phone.says(), {
    mood: 'calm',
    headline: 'Your cart is right',
    reason: 'Your session lives in the memory of shop-2. A cookie brings you back to it.',
  });
  assert.equal(phone.ok(phone.op('read'), [], SHOP_3), true);
  assert.deepEqual(phone.says(), {
    mood: 'broken',
    headline: 'Your cart is gone',
    reason: 'shop-2 had your cart; shop-3 answered and does not know it. The answer said 200 OK.',
  });
  const other = { life: 'shop-1#1', how: 'killed', at: KILLED.at };
  assert.equal(phone.says([other]).reason, phone.says().reason);
  assert.equal(
    phone.says([other, KILLED]).reason,
    'Your session lived in shop-2. It was killed at 10:42:07. shop-3 answered, and had never seen your cart. The answer said 200 OK.',
  );
  assert.equal(clock(KILLED.at), '10:42:07');
});

test('the same replica in a new life, a store that lost it, and a switch of the place are each called what they are', () => {
  const cases: [where: Partial<Seen>, deaths: PhoneView['deaths'], says: string][] = [
    [
      { boot: 'shop-2#2' },
      [KILLED],
      'Your session lived in shop-2. It was killed at 10:42:07. It came back with an empty memory.',
    ],
    [{ boot: 'shop-2#2' }, [], 'shop-2 had your cart; it has begun a new life and does not know it.'],
    [{}, [], 'shop-2 had your cart, and now it does not.'],
    [
      { sessions: 'redis' },
      [],
      'Your session lived in the memory of shop-2. Now sessions live in Redis; your cart did not move.',
    ],
  ];
  for (const [where, deaths, says] of cases) {
    const { phone } = filled('mug');
    phone.ok(phone.op('read'), [], { cartId: 'c9', ...where });
    assert.equal(phone.says(deaths).reason, `${says} The answer said 200 OK.`);
  }
});

test('part of a cart, things nobody put in, and a cart that is back are told apart', () => {
  const { phone, lines } = filled('mug', 'tea');
  const [mug, tea] = lines as [Line, Line];
  phone.ok(phone.op('read'), [mug]);
  assert.equal(phone.says().headline, 'Part of your cart is gone');
  assert.deepEqual(
    rowsOf(phone.ledger).map(({ sku, put, says, gone, extra }) => [sku, put, says, gone, extra]),
    [
      ['mug', 1, 1, 0, 0],
      ['tea', 1, 0, 1, 0],
    ],
  );
  phone.ok(phone.op('read'), [mug, tea]);
  assert.equal(phone.says().headline, 'Your cart was not what you put in');
  assert.match(phone.says().reason, / Just now shop-2 answered, and has it\.$/);
  assert.equal(lookOf(phone.ledger), 'broken');
  const strange = filled('mug');
  const stranger = { id: 'x.y.1', sku: 'lamp', qty: 2, w: 'x.y.1' };
  assert.equal(strange.phone.ok(strange.phone.op('read'), [...strange.lines, stranger]), true);
  assert.equal(strange.phone.says().headline, 'Your cart is not what you put in');
  assert.equal(
    strange.phone.says().reason,
    'shop-2 answered with more than you put in. The answer said 200 OK.',
  );
  assert.equal(rowsOf(strange.phone.ledger)[1]?.extra, 2);
  const thinned = filled('mug', 'tea');
  const [gone, kept] = thinned.lines as [Line, Line];
  const remove: Op = { key: 'run.p1.9', kind: 'remove', line: gone.id };
  assert.equal(thinned.phone.ok(remove, [kept, stranger]), true);
  assert.equal(thinned.phone.says().reason, strange.phone.says().reason);
  const twice = filled('mug');
  const [once] = twice.lines as [Line];
  assert.equal(twice.phone.ok(twice.phone.op('read'), [once, once]), true);
  assert.equal(twice.phone.says([KILLED]).reason, strange.phone.says().reason);
  assert.equal(rowsOf(twice.phone.ledger)[0]?.extra, 1);
});

test('a cart stays broken until it is checked out or begun anew; what is put in after a loss does not mend it', () => {
  const { phone } = filled('mug');
  const lamp = phone.add('lamp');
  assert.equal(phone.ok(lamp, [lineOf(lamp)], SHOP_3), true);
  assert.equal(phone.says().headline, 'Your cart is gone');
  assert.deepEqual(
    phone.ledger.mine.map(({ sku }) => sku),
    ['mug', 'lamp'],
  );
  const book = phone.add('book');
  phone.ok(book, [lineOf(lamp), lineOf(book)], SHOP_3);
  assert.equal(lookOf(phone.ledger), 'broken');
  const checkout = phone.op('checkout');
  phone.ok(checkout, [], { ...SHOP_3, born: checkout.key, cartId: 'c10' });
  assert.equal(lookOf(phone.ledger), 'none');
  assert.equal(phone.ledger.sheet.broken, 1);
});

test('an add of unknown fate accuses nobody, whether it landed, landed late, or never did; also after a reload', () => {
  for (const reload of [false, true]) {
    for (const landed of [false, true]) {
      const { phone, lines } = filled('mug');
      const tea = phone.add('tea');
      phone.lost(tea);
      assert.equal(rowsOf(phone.ledger).find(({ sku }) => sku === 'tea')?.unknown, 1);
      if (reload) phone.reload();
      assert.equal(phone.ok(phone.op('read'), lines), false);
      assert.equal(phone.ok(phone.op('read'), landed ? [...lines, lineOf(tea)] : lines), false);
      assert.equal(rowsOf(phone.ledger).find(({ sku }) => sku === 'tea')?.unknown ?? 1, landed ? 0 : 1);
    }
  }
});

test('a checkout of unknown fate may have emptied the cart; one that certainly failed may not', () => {
  const { phone } = filled('mug');
  const checkout = phone.op('checkout');
  phone.lost(checkout);
  phone.reload();
  assert.equal(phone.ok(phone.op('read'), [], { born: checkout.key, cartId: 'c2' }), false);
  assert.deepEqual(phone.ledger.open, []);
  const certain = filled('mug').phone;
  const refused = certain.op('checkout');
  certain.judge.ended(certain.judge.sent(refused, 9000), { type: 'fail', reason: 'http-503' }, 9000);
  certain.ledger = failed(sent(certain.ledger, refused), refused);
  assert.equal(certain.ok(certain.op('read'), []), true);
});

test('what was put in before a reload is missed after it', () => {
  const { phone, lines } = filled('mug', 'mug', 'tea');
  phone.reload();
  assert.equal(phone.ok(phone.op('read'), lines), false);
  phone.reload();
  assert.equal(phone.ok(phone.op('read'), lines.slice(1)), true);
  phone.reload();
  assert.equal(phone.ok(phone.op('read'), lines.slice(1)), false);
  assert.equal(phone.says().headline, 'Part of your cart is gone');
});

test('every ending of a request is called what it is', () => {
  const { phone } = filled('mug');
  const situation = {
    ledger: phone.ledger,
    deaths: [],
    asleepSince: null,
    waiting: null,
    trouble: null,
    now: 0,
  };
  const trouble = { op: phone.add('tea'), servedBy: null, message: null };
  const told = (more: object) => bannerOf({ ...situation, ...more });
  const timeout = { trouble: { ...trouble, outcome: 'unknown' as const, status: null } };
  assert.deepEqual(told(timeout), {
    mood: 'error',
    headline: 'The shop did not answer',
    reason: 'Was it added? Unknown.',
  });
  const slept = told({ ...timeout, asleepSince: KILLED.at });
  assert.equal(
    slept.reason,
    'It was asleep since 10:42:07 and did not hear the answer. Was it added? Unknown.',
  );
  const refused = {
    trouble: {
      ...trouble,
      outcome: 'fail' as const,
      status: 409,
      servedBy: 'shop-2',
      message: 'It is full.',
    },
  };
  assert.equal(told(refused).reason, 'shop-2 says: It is full. Nothing was changed.');
  const waiting = { op: phone.add('tea'), since: 0 };
  assert.equal(told({ waiting, now: 900 }).headline, 'Your cart is right');
  assert.equal(
    told({ waiting, now: 3100 }).reason,
    '3 s without an answer to “add”. shop-2 answered you last.',
  );
});

test('the sheet counts how often it broke, and the longest time in between', () => {
  const { phone } = filled('mug');
  const { sheet } = phone.ledger;
  const since = sheet.cleanSince ?? 0;
  assert.equal(sheetText(sheet, since + 130_000), 'never broken, longest without a loss 2:10');
  phone.ok(phone.op('read'), [], SHOP_3);
  assert.equal(sheetText(phone.ledger.sheet, since + 999_000), 'broken 1×, longest without a loss 0:01');
  assert.equal(minutes(59_999), '0:59');
});

test('the console makes a cart void by another start or a reset, and never by its clock', () => {
  const { ledger } = filled('mug').phone;
  const memory: Memory = { me: null, name: 'Fox', shopPort: 1, startedAt: 5, resetAt: null, ledger };
  const told = { startedAt: 5, resetAt: null, deaths: [] } as unknown as PhoneView;
  assert.equal(voidBecause(memory, told), null);
  assert.equal(voidBecause(memory, { ...told, startedAt: 6 }), 'This is another cluster than before');
  assert.equal(voidBecause(memory, { ...told, resetAt: 1 }), 'The cluster was put back');
  assert.equal(voidBecause({ ...memory, resetAt: 1 }, told), null);
  assert.equal(voidBecause({ ...memory, ledger: null }, { ...told, startedAt: 6 }), null);
  assert.equal(diedAtHome(ledger, told, { ...told, deaths: [KILLED] }), true);
  assert.equal(diedAtHome(ledger, { ...told, deaths: [KILLED] }, { ...told, deaths: [KILLED] }), false);
});
