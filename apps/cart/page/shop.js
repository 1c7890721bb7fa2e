import { readCart, send } from './ask.js';
import { acknowledge, adopt, compare, doubt, settle } from './ledger.js';
import { drawAccount, drawAnswered, drawBanner, drawFacts, drawLines } from './view.js';
import { cartBanner, troubleBanner } from './words.js';

/** The shop page: sends what the shopper does, keeps the ledger, says when the shop has something else. */

const WAITING_MAX = 10;
const QTY_MAX = 99;
const STORAGE_KEY = 'cartwreck.ledger';

/** Without storage (private windows may refuse it) the ledger lives as long as the page. */
let unstored = null;
/** The shop's last word, or null before the first. */
let answer = null;
let seq = 0;
let last = Promise.resolve();
let waiting = 0;
const run = crypto.getRandomValues(new Uint32Array(2)).reduce((text, part) => text + part.toString(36), '');

// ---- what the shopper can do ------------------------------------------------

document.querySelector('.goods').addEventListener('click', (event) => {
  const sku = event.target.closest('button')?.dataset.sku;
  if (sku) change({ kind: 'add', sku, qty: 1 });
});
document.getElementById('lines').addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button || button.getAttribute('aria-disabled') === 'true') return;
  const { line, step } = button.dataset;
  change(step === 'remove' ? { kind: 'remove', line } : { kind: 'set', line, step: Number(step) });
});
document.getElementById('login').addEventListener('submit', (event) => {
  event.preventDefault();
  change({ kind: 'login', user: new FormData(event.target).get('user') });
});
on('checkout', () => change({ kind: 'checkout' }));
on('logout', () => change({ kind: 'logout' }));
on('again', read);
on('accept', () => {
  keep(adopt(answer));
  draw();
});
addEventListener('focus', read);

function on(id, act) {
  document.getElementById(id).addEventListener('click', act);
}

// ---- one request at a time --------------------------------------------------
// Two at once on one session would overwrite each other in any store. A true loss, but not one the shopper meant.

function inTurn(act) {
  if (waiting >= WAITING_MAX) return;
  waiting += 1;
  last = last
    .then(act)
    .catch((defect) => console.error(defect))
    .finally(() => {
      waiting -= 1;
    });
}

function read() {
  if (waiting > 0) return; // what is under way will tell
  inTurn(async () => {
    const got = await readCart();
    if (got.outcome === 'ok') learn(got);
    else showTrouble(got);
  });
}

function change(wanted) {
  inTurn(async () => {
    seq += 1;
    const op = { ...wanted, id: `web.${run}.${seq}` };
    if (op.kind === 'set') op.qty = stepped(op.line, op.step);
    const got = await send(op);
    if (got.outcome === 'ok') return learn(got, op);
    if (got.outcome === 'unknown' && ledger()) keep(doubt(ledger(), op));
    // A line we just saw is not in the cart this replica has: look at that cart.
    const now = got.code === 'no_such_line' ? await readCart() : got;
    if (now.outcome === 'ok') learn(now);
    else showTrouble(now);
  });
}

/** Reckoned when its turn comes: of two quick taps, the second counts from what the first one made. */
function stepped(id, step) {
  const now = answer.cart.lines.find((line) => line.id === id)?.qty ?? 1;
  return Math.min(Math.max(now + step, 1), QTY_MAX);
}

// ---- the ledger and the screen ----------------------------------------------

function learn(got, op) {
  answer = { ...got.answer, weight: got.weight };
  const before = ledger();
  const after = before && op ? acknowledge(before, op, answer) : before;
  keep(after ? settle(after, answer) : adopt(answer));
  draw();
}

function draw() {
  const rows = compare(ledger(), answer);
  drawLines(rows);
  drawFacts(answer);
  drawAccount(answer.user);
  drawBanner(cartBanner({ rows, ledger: ledger(), answer }));
}

/** The lines stay as the shop last gave them: an error says nothing about the cart. */
function showTrouble(got) {
  drawAnswered(got);
  drawBanner(troubleBanner(got));
}

function ledger() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? unstored;
  } catch {
    return unstored;
  }
}

function keep(next) {
  unstored = next;
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(next));
  } catch {
    // refused or full: `unstored` has it
  }
}

read();
