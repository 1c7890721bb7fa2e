import type { SettingName, Settings, SettingValues } from '../../../proxy/contract.ts';
import { valueLabel } from '../web/shared/labels.ts';
import { idleBecause } from '../web/shared/setting-groups.ts';
import { SETTING_LABELS } from '../web/shared/setting-labels.ts';

/** What the proxy does from now on, by the setting that was switched. */
const NOW: { [N in Exclude<SettingName, 'sessions'>]: Record<SettingValues[N], string> } = {
  affinity: {
    none: 'The proxy now sends each request to the next replica.',
    cookie: 'The proxy now gives each shopper a cookie that names its replica.',
    'ip-hash': 'The proxy now sends each address to one replica.',
    'session-hash': 'The proxy now sends each session id to one replica.',
    table: 'The proxy now keeps a table of which session belongs to which replica.',
    connection: 'The proxy now keeps each connection at one replica.',
  },
  balance: {
    'round-robin': 'Requests without a tie now go to the replicas in turn.',
    random: 'Requests without a tie now go to any replica, by chance.',
    'least-connections': 'Requests without a tie now go where the fewest are under way.',
    'two-choices': 'Of two replicas taken by chance the less busy one now gets the request.',
  },
  hash: {
    rendezvous: 'The hash now moves only the shoppers of a replica that goes.',
    modulo: 'The hash now moves nearly everybody when a replica goes or comes.',
  },
  hashLoad: {
    unbounded: 'A hash now sends to its replica, however busy that is.',
    bounded: 'A hash now passes over a replica that is far busier than the others.',
  },
  ipKey: {
    address: 'The hash of an address now takes all of it.',
    subnet: 'All addresses of one subnet now go to the same replica.',
  },
  slowStart: {
    off: 'A replica that comes back now gets its full share at once.',
    on: 'A replica that comes back now gets its share bit by bit.',
  },
  pinFormat: {
    plain: 'The pin now says the name of its replica, for all to read and to forge.',
    hashed: 'The pin now says a hash in place of the name.',
    hmac: 'The pin now says the name and a signature: a forged one does not count.',
  },
  pinLife: {
    browser: 'A pin now lasts as long as the browser keeps it.',
    limited: 'A pin now ends when it is not used for a while, and when it is old.',
  },
  peers: {
    off: 'A proxy that restarts now has forgotten its table.',
    on: 'A proxy that restarts now has its table back.',
  },
  deadPin: {
    redispatch: 'A shopper whose replica is gone is now sent to another one.',
    'retry-same': 'A request to a replica that fails is now tried there again.',
    strict: 'A shopper whose replica does not serve it now gets an error.',
  },
  drain: {
    'honour-pins': 'A draining replica now goes on serving who is pinned to it.',
    'in-flight-only': 'A draining replica now finishes what is under way and serves nobody new.',
  },
  retry: {
    unsent: 'The proxy now sends again only what never left it.',
    off: 'The proxy now sends nothing again.',
    idempotent: 'The proxy now sends GET, PUT and DELETE again when they fail.',
    reckless: 'The proxy now sends everything again: one click may be two charges.',
  },
  retryBudget: {
    off: 'Any number of requests may now be retries.',
    on: 'Retries may now be only a part of the traffic.',
  },
  check: {
    http: 'Health checks now ask the app.',
    tcp: 'Health checks now only connect, which a frozen replica lets happen.',
  },
  ejection: {
    off: 'A replica that fails requests now goes on getting them.',
    on: 'A replica that fails requests in a row is now ejected for a while.',
  },
  panic: {
    off: 'The proxy now always believes its health checks.',
    'all-down': 'With no replica up the proxy now sends to all of them.',
    'half-down': 'With fewer than half of the replicas up the proxy now sends to all.',
  },
  queue: {
    off: 'A replica now gets any number of requests at once.',
    on: 'A replica now gets only so many requests at once; the others wait.',
  },
};

/** From the best sentence to the shortest; one without effect under the other settings says so. */
export function settingSentences(name: Exclude<SettingName, 'sessions'>, settings: Settings): string[] {
  const words: Partial<Record<string, string>> = NOW[name] ?? {};
  const label = SETTING_LABELS[name]?.label ?? name;
  const plain = `${label} is now: ${valueLabel(name, settings[name])}`;
  const sentence = words[settings[name]] ?? `${plain}.`;
  const idle = idleBecause(name, settings);
  if (idle === null) return [sentence, `${plain}.`, 'The settings were changed.'];
  return [`${sentence.slice(0, -1)}, but ${idle}.`, `${plain}, but ${idle}.`];
}
