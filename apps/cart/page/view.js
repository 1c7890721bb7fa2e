import { items, sum } from './words.js';

/** Draws what shop.js knows. Text only ever enters as textContent: a SKU is whatever somebody sent. */

const NAMES = { mug: 'Mug', tea: 'Tea', lamp: 'Lamp', book: 'Book', socks: 'Socks', plant: 'Plant' };
const PLACES = { memory: 'Replica memory', redis: 'Redis', cookie: 'Signed cookie' };
const COOKIE_BYTES_MAX = 4096;
const QTY_MAX = 99;

const $ = (id) => document.getElementById(id);

/** `mood`: calm | broken | error. Unchanged text is left alone, or a screen reader would say it again. */
export function drawBanner({ mood, headline, reason, canAsk = false, canAccept = false }) {
  $('banner').dataset.mood = mood;
  $('banner')
    .querySelector('use')
    .setAttribute('href', mood === 'broken' ? '#cart-broken' : '#cart-whole');
  write($('headline'), headline);
  write($('reason'), reason);
  $('again').hidden = !canAsk;
  $('accept').hidden = !canAccept;
}

/** The two columns. `rows` as ledger.compare makes them. */
export function drawLines(rows) {
  const focused = document.activeElement?.dataset.key;
  $('lines').replaceChildren(...(rows.length > 0 ? rows.map(row) : [emptyRow()]));
  if (focused) (document.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? $('checkout')).focus();
  write($('put-total'), items(sum(rows, 'put')));
  write($('says-total'), items(sum(rows, 'says')));
  $('says-total').classList.toggle(
    'wrong',
    rows.some(({ state }) => state !== 'right'),
  );
}

export function drawAccount(user) {
  write($('who'), user === null ? 'not logged in' : user);
  $('login').hidden = user !== null;
  $('logout').hidden = user === null;
  write($('logout'), `Log out ${user}`);
}

/** Who answered last, were it with an error; null = no replica did. */
export function drawAnswered({ servedBy, boot }) {
  if (servedBy === null) return $('answered').replaceChildren('no replica');
  $('answered').replaceChildren(badge(servedBy), `${servedBy}, life ${boot.split('#').at(-1)}`);
}

/** Who answered last, and under which settings; `weight` is null where the mode does not tell. */
export function drawFacts({ servedBy, boot, epoch, sessions, weight }) {
  drawAnswered({ servedBy, boot });
  write($('sessions'), PLACES[sessions] ?? sessions);
  write($('epoch'), String(epoch));
  $('weight-row').hidden = weight === null;
  write($('weight'), `${weight} of ${COOKIE_BYTES_MAX} bytes`);
}

function row(line) {
  const name = NAMES[line.sku] ?? line.sku;
  const put = line.put === null ? element('td', { className: 'none' }, 'nothing') : cell(name, line.put);
  return element(
    'tr',
    {},
    put,
    saysCell(name, line),
    element('td', {}, line.says === null ? '' : steps(name, line)),
  );
}

function saysCell(name, { says, state }) {
  if (state === 'gone') return element('td', { className: 'wrong' }, element('s', {}, name), ' gone');
  const said = cell(name, says);
  if (state !== 'right') said.className = 'wrong';
  return said;
}

function steps(name, { id, says }) {
  const buttons = [
    { sign: '−', label: `One ${name} less`, step: '-1', off: says <= 1 },
    { sign: '+', label: `One ${name} more`, step: '1', off: says >= QTY_MAX },
    { sign: '×', label: `Remove ${name}`, step: 'remove', off: false },
  ];
  return element('div', { className: 'steps' }, ...buttons.map((button) => stepButton(button, id)));
}

/** aria-disabled, not disabled: a button that is switched off under the finger would lose the keyboard's place. */
function stepButton({ sign, label, step, off }, line) {
  const button = element('button', { type: 'button' }, sign);
  button.setAttribute('aria-label', label);
  button.setAttribute('aria-disabled', String(off));
  Object.assign(button.dataset, { key: `${step} ${line}`, line, step });
  return button;
}

function emptyRow() {
  return element('tr', {}, element('td', { className: 'none', colSpan: 3 }, 'Nothing yet.'));
}

function badge(replica) {
  const number = /\d+$/.exec(replica)?.[0] ?? '?';
  const shape = element('span', { className: `badge r${number}` }, number);
  shape.setAttribute('aria-hidden', 'true');
  return shape;
}

const cell = (name, qty) => element('td', {}, `${name} ×\u00a0${qty}`);
const element = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const write = (target, text) => {
  if (target.textContent !== text) target.textContent = text;
};
