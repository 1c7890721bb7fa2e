import type { Stamped } from '../../lib/event-log.ts';
import type { PinLoss, ProxyEvent, SettingName, Settings } from '../../proxy/contract.ts';
import type { CartBroken, CartsProgress, LoadEvent } from '../../scripts/load/contract.ts';
import type { ClusterEvent, ConsoleEvent, PhoneEvent } from './contract.ts';
import { cluster, type Line, plural, unknownTo, you } from './line.ts';
import { agentLine } from './narrate-agent.ts';
import { panicFact } from './scene/words.ts';
import { BROKEN_LABELS, LOAD_EXITS, listed, valueLabel } from './web/shared/labels.ts';
import { SETTING_LABELS } from './web/shared/setting-labels.ts';

/** The line of an event; null for those nobody reads one by one (samples, rates, new pins). */
export function narrate(event: Stamped<ClusterEvent>): Line | null {
  switch (event.type) {
    case 'settings.changed':
    case 'upstream.added':
    case 'upstream.removed':
    case 'upstream.state':
    case 'link.changed':
    case 'pin.made':
    case 'pin.moved':
    case 'pin.lost':
    case 'upstream.weight':
    case 'drain.over':
    case 'pool.panic':
    case 'streams.closed':
    case 'request.sampled':
    case 'request.retried':
      return proxyLine(event);
    case 'carts.progress':
    case 'cart.broken':
    case 'carts.placed':
    case 'answers.sampled':
      return cartLine(event);
    case 'rates.sampled':
    case 'link.state':
    case 'load.started':
    case 'load.ended':
    case 'phones.address':
    case 'recording.moved':
      return consoleLine(event);
    case 'student.joined':
    case 'student.left':
    case 'student.cart':
    case 'vote.changed':
      return phoneLine(event);
    default:
      return agentLine(event);
  }
}

function proxyLine(event: ProxyEvent): Line | null {
  switch (event.type) {
    case 'settings.changed':
      return event.changed.length === 0 ? null : you(settingsText(event.settings, event.changed));
    case 'upstream.added':
      return cluster(`${event.life} is known to the proxy`);
    case 'upstream.removed':
      return cluster(`${event.upstream} is no longer known to the proxy`);
    case 'upstream.state':
      return cluster(`${event.upstream} is ${event.to}: ${event.why}`);
    case 'link.changed':
      return cluster(linkText(event));
    case 'pin.moved':
      return cluster(`1 pin moved from ${event.from} to ${event.to}`);
    case 'request.retried':
      return cluster(`${event.method} for ${event.from} was sent to ${event.to} instead: ${event.reason}`);
    case 'upstream.weight':
      return you(`Weight of ${event.upstream}: ${event.to}, it was ${event.from}`);
    case 'drain.over':
      return cluster(`The drain of ${event.upstream} is over: it serves no pins any more`);
    case 'pool.panic':
      return cluster(panicText(event));
    case 'streams.closed':
      return cluster(
        `${plural(event.count, 'open stream')} of ${event.upstream} closed with notice: ${event.why}`,
      );
    case 'pin.lost':
      return PIN_ENDS[event.why] === null ? null : cluster(pinsEndedText(1, [PIN_ENDS[event.why] ?? '']));
    case 'pin.made':
    case 'request.sampled':
      return null;
    default:
      return unknownTo(event);
  }
}

/** Ends that a setting brings; those of a full table or a foreign cookie come in floods, and the proxy counts them. */
export const PIN_ENDS: Record<PinLoss, string | null> = {
  idle: 'not used for too long',
  life: 'too old',
  evicted: null,
  unknown: null,
};

export const pinsEndedText = (count: number, why: readonly string[]): string =>
  `${plural(count, 'pin')} ended: ${listed(why)}`;

const panicText = ({ on, up, of }: Extract<ProxyEvent, { type: 'pool.panic' }>): string =>
  on ? panicFact({ up, of }) : `No panic any more: ${up} of ${of} replicas are up`;

function cartLine(event: LoadEvent): Line | null {
  switch (event.type) {
    case 'carts.progress':
      return event.done ? cluster(loadText(event)) : null;
    case 'cart.broken':
      return cluster(brokenText(event));
    case 'carts.placed':
    case 'answers.sampled':
      return null;
    default:
      return unknownTo(event);
  }
}

function consoleLine(event: ConsoleEvent): Line | null {
  switch (event.type) {
    case 'rates.sampled':
    case 'phones.address':
    case 'recording.moved':
      return null;
    case 'link.state':
      return cluster(
        event.state === 'lost' ? `The ${event.part} cannot be asked` : `The ${event.part} can be asked again`,
      );
    case 'load.started':
      return you(
        `Load: ${plural(event.shoppers, 'shopper')}${event.seed === null ? '' : `, seed ${event.seed}`}`,
      );
    case 'load.ended':
      return cluster(`Load ended: ${exitText(event.exitCode)}`);
    default:
      return unknownTo(event);
  }
}

/** A class that joins and clicks is seen on the stage; the log tells what the instructor did with it. */
function phoneLine(event: PhoneEvent): Line | null {
  if (event.type !== 'vote.changed' || event.vote === null) return null;
  const { question, open, came } = event.vote;
  if (open && event.vote.counts.every((count) => count === 0)) return you(`Vote: ${question}`);
  return came === null || open ? null : you(`Vote decided: ${event.vote.options[came] ?? '?'}`);
}

function linkText({ upstream, toxics, why }: Extract<ProxyEvent, { type: 'link.changed' }>): string {
  const wrong = Object.keys(toxics);
  return wrong.length === 0
    ? `The link to ${upstream} is clean again: ${why}`
    : `The link to ${upstream} has ${listed(wrong)}: ${why}`;
}

const settingsText = (settings: Settings, changed: readonly SettingName[]): string =>
  changed.map((name) => `${SETTING_LABELS[name].label}: ${valueLabel(name, settings[name])}`).join(' · ');

function brokenText(event: CartBroken): string {
  const gone = event.missing.length === 0 ? '' : `, ${listed([...new Set(event.missing)])} gone`;
  const seen = event.was === null ? '' : `; last whole on ${event.was}`;
  return `The cart of ${event.shopper} broke: ${BROKEN_LABELS[event.class]}${gone}${seen}`;
}

function loadText({ carts, shoppersHit, shoppers, errors }: CartsProgress): string {
  const hit = `${shoppersHit} of ${plural(shoppers, 'shopper')} hit`;
  const errorCount = plural(errors.fail + errors.unknown, 'error');
  return `Load finished: ${carts.broken} of ${plural(carts.checked, 'cart')} broken, ${hit}, ${errorCount}`;
}

const exitText = (code: number | null): string =>
  code === null ? 'stopped' : (LOAD_EXITS[code] ?? `exit code ${code}`);
