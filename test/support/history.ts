/**
 * Histories a reader can check by eye. One step per `;` or line:
 *
 *   add A = A            sent, and answered: the cart shows line A
 *   add B ?              sent, outcome unknown        add B x    sent, failed for certain
 *   r< read              sent, labelled r             r> = A     answered; also r> ? and r> x
 *   set A 3 = A*3 B      the answer shows A with quantity 3 as that `set` wrote it
 *   checkout #k = - c2/k an op with a key of its own (a retry repeats it); empty, in cart c2 born from k
 *   s2: add C = C        another shopper              wait 5000  ms pass
 *
 * In an answer: `-` nothing · `A`, `A*3` lines · `A*3@k` written by op k · `@ann` signed in · `c2`, `c2/k`
 * another cart (c0 = no id; stays until told otherwise) · `c?` no id told · `cart:x` a raw cart id ·
 * `on:shop-1#2` the boot · `drop` the jar had to drop the cookie. A line's id is the name after `add`, also
 * the key of that add.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEvent, Line, Observation, Op } from '../../scripts/oracle/history.ts';
import {
  createOracle,
  type Oracle,
  type OracleSummary,
  type Violation,
} from '../../scripts/oracle/oracle.ts';

const STEP_MS = 10;
export const TTL_MS = 60_000;

export interface Judged {
  /** One mark per answer: `.` good, `lost-update!` wrong (`!` = broke a cart), `expired` excused. */
  marks: string;
  /** Broken carts / carts. */
  carts: string;
  violations: Violation[];
  summary: OracleSummary;
  oracle: Oracle;
}

/**
 * A test for each history in `text`: a line with its name, then, indented, its steps, `=>`, and what it must
 * come to: one mark per answer, broken carts / carts, and how many stay undecided or unverified, if any.
 */
export function testHistories(text: string): void {
  for (const [, name = '', steps = '', expected = ''] of text.matchAll(
    /^(\S.*)\n((?: {2}.*\n)*?.*)=>\s+(.*)$/gm,
  )) {
    test(name, () => {
      const { marks, carts, summary } = judged(steps);
      const { broken, undecided, unverified } = summary.carts;
      const open = Object.entries({ undecided, unverified }).filter(([, count]) => count > 0);
      assert.equal([marks, carts, ...open.flat()].join(' '), expected);
      const classed = Object.values(summary.broken).reduce((sum, count) => sum + count, 0);
      assert.equal(classed, broken, 'every broken cart has one class');
    });
  }
}

/** Runs a history through a fresh oracle, to the end. */
export function judged(steps: string): Judged {
  const oracle = createOracle({ sessionTtlMs: TTL_MS });
  const marks: string[] = [];
  const violations: Violation[] = [];
  let expired = 0;
  for (const event of history(steps)) {
    const violation = oracle.observe(event);
    if (violation !== null) violations.push(violation);
    const excused = oracle.summary().carts.expired > expired;
    expired = oracle.summary().carts.expired;
    if (violation !== null) marks.push(`${kebab(violation.class)}${violation.breaksBasket ? '!' : ''}`);
    else if (event.type === 'ok') marks.push(excused ? 'expired' : '.');
  }
  oracle.end();
  const summary = oracle.summary();
  const { broken, checked } = summary.carts;
  return { marks: marks.join(''), carts: `${broken}/${checked}`, violations, summary, oracle };
}

/** The events of a history written in the notation above. */
export function history(steps: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const shoppers = new Map<string, Shopper>();
  let t = 0;
  for (const step of steps.split(/[;\n]/).map((text) => text.trim())) {
    if (step === '') continue;
    if (step.startsWith('wait ')) {
      t += Number(step.slice(5));
      continue;
    }
    const [, name = 's1', text = ''] = /^(?:(s\d+): )?(.*)$/.exec(step) ?? [];
    const shopper = shoppers.get(name) ?? newShopper(name);
    shoppers.set(name, shopper);
    for (const event of stepEvents(shopper, text)) {
      t += STEP_MS;
      events.push({ ...event, t });
    }
  }
  return events;
}

interface Shopper {
  name: string;
  calls: number;
  ops: number;
  labels: Map<string, number>;
  cartId: string | null | undefined;
  born: string;
}

function newShopper(name: string): Shopper {
  return { name, calls: 0, ops: 0, labels: new Map(), cartId: ownCart(name, 'c1'), born: 'new' };
}

function stepEvents(shopper: Shopper, text: string): HistoryEvent[] {
  const [, label, arrow, rest = ''] = /^(?:(\w+)([<>]) )?(.*)$/.exec(text) ?? [];
  if (arrow === '>') return [outcome(shopper, shopper.labels.get(label ?? '') ?? 0, rest)];
  const [, opText = '', ending] = /^(.*?)(?: (=.*|\?|x))?$/.exec(rest) ?? [];
  shopper.calls += 1;
  const call = shopper.calls;
  if (label !== undefined) shopper.labels.set(label, call);
  const sent: HistoryEvent = {
    type: 'invoke',
    t: 0,
    shopper: shopper.name,
    call,
    op: parseOp(shopper, opText),
  };
  return ending === undefined ? [sent] : [sent, outcome(shopper, call, ending)];
}

function outcome(shopper: Shopper, call: number, text: string): HistoryEvent {
  const head = { t: 0, shopper: shopper.name, call };
  if (text === '?') return { type: 'unknown', ...head, reason: 'timeout' };
  if (text === 'x') return { type: 'fail', ...head, reason: 'refused' };
  return { type: 'ok', ...head, obs: parseAnswer(shopper, text.slice(1).trim().split(/\s+/)) };
}

function parseOp(shopper: Shopper, text: string): Op {
  const [words = '', ownKey] = text.split(' #');
  const [kind, what = '', qty = '1'] = words.split(' ');
  shopper.ops += 1;
  const key = ownKey ?? `${shopper.name}.op${shopper.ops}`;
  switch (kind) {
    case 'add':
      return { key: what, kind, sku: what, qty: 1 };
    case 'set':
      return { key: ownKey ?? `${what}*${qty}`, kind, line: what, qty: Number(qty) };
    case 'remove':
      return { key, kind, line: what };
    case 'login':
      return { key, kind, user: what };
    case 'checkout':
    case 'logout':
    case 'read':
      return { key, kind };
    default:
      throw new Error(`expected an operation, got "${text}"`);
  }
}

function parseAnswer(shopper: Shopper, words: string[]): Observation {
  const lines: Line[] = [];
  const obs: Observation = { user: null, cart: { born: 'new', lines } };
  for (const word of words) {
    if (word === '-') continue;
    if (word === 'drop') obs.droppedCookie = true;
    else if (word.startsWith('@')) obs.user = word.slice(1);
    else if (word.startsWith('on:')) obs.boot = word.slice(3);
    else if (word.startsWith('c')) parseCart(shopper, word);
    else lines.push(parseLine(word));
  }
  obs.cart.born = shopper.born;
  if (shopper.cartId !== undefined) obs.cart.id = shopper.cartId;
  return obs;
}

function parseCart(shopper: Shopper, word: string): void {
  if (word === 'c?') shopper.cartId = undefined;
  else if (word.startsWith('cart:')) shopper.cartId = word.slice(5);
  else {
    const [id = '', born = 'new'] = word.split('/');
    shopper.cartId = id === 'c0' ? null : ownCart(shopper.name, id);
    shopper.born = born;
  }
}

function parseLine(word: string): Line {
  const [value = '', writer] = word.split('@');
  const [id = '', qty = '1'] = value.split('*');
  return { id, sku: id, qty: Number(qty), w: writer ?? value };
}

const ownCart = (shopper: string, id: string): string => `${shopper}.${id}`;

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
