import type { Stamped } from '../../lib/event-log.ts';
import type { ProxyEvent, SettingName, Settings } from '../../proxy/contract.ts';
import type { CartBroken, CartsProgress } from '../../scripts/load/contract.ts';
import type { ClusterEvent, ConsoleEvent } from './contract.ts';
import { cluster, type Line, plural, unknownTo, you } from './line.ts';
import { agentLine } from './narrate-agent.ts';
import { BROKEN_LABELS, LOAD_EXITS, listed, SETTING_LABELS, valueLabel } from './web/shared/labels.ts';

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
    case 'request.sampled':
    case 'request.retried':
      return proxyLine(event);
    case 'carts.progress':
    case 'cart.broken':
      return cartLine(event);
    case 'rates.sampled':
    case 'link.state':
    case 'load.started':
    case 'load.ended':
      return consoleLine(event);
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
    case 'pin.made':
    case 'request.sampled':
      return null;
    default:
      return unknownTo(event);
  }
}

function cartLine(event: CartsProgress | CartBroken): Line | null {
  switch (event.type) {
    case 'carts.progress':
      return event.done ? cluster(loadText(event)) : null;
    case 'cart.broken':
      return cluster(brokenText(event));
    default:
      return unknownTo(event);
  }
}

function consoleLine(event: ConsoleEvent): Line | null {
  switch (event.type) {
    case 'rates.sampled':
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
