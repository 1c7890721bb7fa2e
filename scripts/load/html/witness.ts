import type { HistoryEvent, Observation, Op } from '../../oracle/history.ts';
import type { Example } from '../contract.ts';
import { CLASS_WORDS, clock, lossText, reasonText } from '../words.ts';
import { type Html, html } from './html.ts';
import { badgeOf, CRACKED } from './marks.ts';

/** The last steps of one shopper whose cart broke, for somebody who has never seen a log. */
export function witnessOf(example: Example): Html {
  const { shopper, t, was, now } = example;
  const { name, meaning } = CLASS_WORDS[example.class];
  const steps = callsOf(example.ops);
  const skus = skusOf(example.ops);
  return html`<article class="witness"><h3>${CRACKED}<span>Shopper ${shopper.replace(/^s/, '')} lost ${lossText(example)}</span></h3>
<p class="note">${name}: ${meaning}. Seen at ${clock(t)}. Last right from ${was ?? 'nobody'}, wrong from ${now ?? 'nobody'}.</p>
<ol class="steps"><li class="heads" aria-hidden="true"><span>When</span><span>What you did</span><span>What the shop answered</span></li>
${steps.map((step, index) => stepOf(step, { example, skus, isLast: index === steps.length - 1 }))}</ol></article>`;
}

interface Step {
  t: number;
  op: Op;
  end: Exclude<HistoryEvent, { type: 'invoke' }> | null;
}

/** Every call once, in the order of their ends: the wrong answer comes last. */
function callsOf(events: readonly HistoryEvent[]): Step[] {
  const steps = new Map<number, Step>();
  const ended: Step[] = [];
  for (const event of events) {
    if (event.type === 'invoke') {
      steps.set(event.call, { t: event.t, op: event.op, end: null });
      continue;
    }
    const step = steps.get(event.call);
    if (step === undefined) continue;
    step.end = event;
    ended.push(step);
    steps.delete(event.call);
  }
  return [...steps.values(), ...ended];
}

function stepOf(
  { t, op, end }: Step,
  { example, skus, isLast }: { example: Example; skus: Map<string, string>; isLast: boolean },
): Html {
  return html`<li${isLast ? html` class="wrong"` : null}><span class="note">${clock(t)}</span><span data-who="You">${deedOf(op, skus)}</span><span data-who="Shop">${
    end === null ? 'No answer yet.' : answerOf(end)
  }${isLast ? goneOf(example) : null}</span></li>`;
}

function deedOf(op: Op, skus: Map<string, string>): string {
  switch (op.kind) {
    case 'add':
      return `Put ${op.qty} × ${op.sku} into the cart`;
    case 'set':
      return `Make it ${op.qty} × ${skus.get(op.line) ?? 'a thing of before'}`;
    case 'remove':
      return `Take out the ${skus.get(op.line) ?? 'thing of before'}`;
    case 'checkout':
      return 'Buy what is in the cart';
    case 'login':
      return `Sign in as ${op.user}`;
    case 'logout':
      return 'Sign out';
    case 'read':
      return 'Look into the cart';
  }
}

function answerOf(end: NonNullable<Step['end']>): Html {
  if (end.type === 'fail') return html`Refused (${reasonText(end.reason)}): nothing happened.`;
  if (end.type === 'unknown')
    return html`No good answer (${reasonText(end.reason)}): it may have happened or not.`;
  const { user, cart, boot, servedBy } = end.obs;
  const life = boot ?? servedBy;
  const signedIn = user === null ? '' : ` Signed in as ${user}.`;
  return html`${cartText(cart)}.${signedIn} ${life === undefined ? null : html`<span class="life">${badgeOf(life)}${life}</span>`}`;
}

function cartText({ lines }: Observation['cart']): string {
  if (lines.length === 0) return 'Your cart is empty';
  return `Your cart: ${lines.map(({ sku, qty }) => `${qty} × ${sku}`).join(', ')}`;
}

function goneOf({ missing }: Example): Html | null {
  if (missing.length === 0) return null;
  const names = missing.map((sku, index) => html`${index > 0 ? ', ' : null}<span class="gone">${sku}</span>`);
  return html`<br><strong class="bad-text">Gone or out of date: </strong>${names}`;
}

/** What each line of these steps holds. */
function skusOf(events: readonly HistoryEvent[]): Map<string, string> {
  const skus = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'invoke' && event.op.kind === 'add') skus.set(event.op.key, event.op.sku);
    if (event.type === 'ok') for (const { id, sku } of event.obs.cart.lines) skus.set(id, sku);
  }
  return skus;
}
