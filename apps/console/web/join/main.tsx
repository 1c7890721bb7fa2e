import './join.css';
import { render } from 'preact';
import { applyTheme } from '../shared/theme.ts';
import { Page } from './page.tsx';
import { Phone } from './phone.ts';

/** The seconds on the page, and how a phone notices that it was asleep. */
const TICK_MS = 1000;
const ASLEEP_MS = 15_000;
/** The console hears of us every two seconds, not of all of us at once. */
const ASK_MS = { least: 1600, most: 2400 };
/** In a pocket it is enough to say that we are still here. */
const ASK_HIDDEN_MS = 20_000;
/** A cart is looked at now and then, so that a loss is seen without a click: 200 phones ask eight times a second. */
const LOOK_MS = { least: 20_000, most: 30_000 };

const root = document.getElementById('page');
if (!root) throw new Error('index.html lost its <div id="page">');

applyTheme();
let painting = false;
const phone = new Phone(paintSoon);

function paint(): void {
  painting = false;
  if (root) render(<Page phone={phone} now={Date.now()} />, root);
}

function paintSoon(): void {
  if (painting) return;
  painting = true;
  requestAnimationFrame(paint);
}

const between = ({ least, most }: { least: number; most: number }): number =>
  least + Math.random() * (most - least);

async function follow(): Promise<void> {
  await phone.ask();
  setTimeout(follow, document.hidden ? ASK_HIDDEN_MS : between(ASK_MS));
}

function lookNowAndThen(): void {
  if (!document.hidden) phone.visit?.wish({ kind: 'look' });
  setTimeout(lookNowAndThen, between(LOOK_MS));
}

let tickedAt = Date.now();
let hiddenAt: number | null = null;

/** Timers that come much too late: the machine slept. */
function tick(): void {
  const before = tickedAt;
  tickedAt = Date.now();
  if (!document.hidden && hiddenAt === null && tickedAt - before > ASLEEP_MS) phone.woke(before);
  paintSoon();
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    hiddenAt = Date.now();
    return;
  }
  const since = hiddenAt ?? Date.now();
  hiddenAt = null;
  tickedAt = Date.now();
  if (Date.now() - since > ASLEEP_MS) phone.woke(since);
  else phone.visit?.wish({ kind: 'look' });
});

setInterval(tick, TICK_MS);
setTimeout(lookNowAndThen, between(LOOK_MS));
paint();
void follow();
