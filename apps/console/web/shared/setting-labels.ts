import type { SettingName, SettingValues } from '../../../../proxy/contract.ts';

/** lesson: what most lessons are about · where: who goes where · the pin · failing: when something fails · room */
export type SettingGroup = 'lesson' | 'where' | 'pin' | 'failing' | 'room';

/**
 * The words people read for the values programs write, in the order they are shown. The types make a new setting
 * or value without its word an error of the compiler. `help`: what it decides, in one line.
 */
export const SETTING_LABELS: {
  [N in SettingName]: {
    label: string;
    group: SettingGroup;
    help: string;
    values: Record<SettingValues[N], string>;
  };
} = {
  affinity: {
    label: 'Affinity',
    group: 'lesson',
    help: 'the rule that ties a client to a replica',
    values: {
      none: 'Round robin',
      cookie: 'LB cookie',
      'ip-hash': 'IP hash',
      'session-hash': 'Session hash',
      table: 'LB table',
      connection: 'Per connection',
    },
  },
  sessions: {
    label: 'Sessions live in',
    group: 'lesson',
    help: 'where the carts are kept',
    values: { memory: 'Replica memory', redis: 'Redis', cookie: 'Signed cookie' },
  },
  balance: {
    label: 'Balance',
    group: 'where',
    help: 'where a request without a tie goes',
    values: {
      'round-robin': 'Round robin',
      random: 'Random',
      'least-connections': 'Least connections',
      'two-choices': 'Two choices',
    },
  },
  hash: {
    label: 'Hash',
    group: 'where',
    help: 'whom a death moves: only its own clients (rendezvous), or nearly everyone (modulo)',
    values: { rendezvous: 'Rendezvous', modulo: 'Modulo' },
  },
  hashLoad: {
    label: 'A hash and load',
    group: 'where',
    help: 'whether a hash passes over a replica that is far busier than the others',
    values: { unbounded: 'Ignores load', bounded: 'Bounded load' },
  },
  ipKey: {
    label: 'IP hash takes',
    group: 'where',
    help: 'what a hash of addresses takes: all of it, or as nginx does three numbers of four',
    values: { address: 'Whole address', subnet: 'Subnet /24' },
  },
  slowStart: {
    label: 'One that is back gets',
    group: 'where',
    help: 'whether a replica that comes back gets its share bit by bit',
    values: { off: 'Full share', on: 'Slow start' },
  },
  pinFormat: {
    label: 'The pin says',
    group: 'pin',
    help: 'what the cookie of the balancer says; anybody can read and forge a plain name',
    values: { plain: 'Its name', hashed: 'A hash', hmac: 'Name, signed' },
  },
  pinLife: {
    label: 'The pin lasts',
    group: 'pin',
    help: 'how long that cookie counts: as the browser keeps it, or limited, unused and in all',
    values: { browser: 'As the browser', limited: 'Limited time' },
  },
  peers: {
    label: 'Table after a restart',
    group: 'pin',
    help: 'whether the table of the balancer outlives its restart',
    values: { off: 'Empty', on: 'From a peer' },
  },
  deadPin: {
    label: 'Pin to a dead one',
    group: 'failing',
    help: 'what a client gets whose replica does not serve it: another one, the same again, an error',
    values: { redispatch: 'Another one', 'retry-same': 'Same again', strict: 'An error' },
  },
  retry: {
    label: 'Send again',
    group: 'failing',
    help: 'which failed requests are sent again; reckless = one click, two charges',
    values: { unsent: 'If unsent', off: 'Never', idempotent: 'If idempotent', reckless: 'Always' },
  },
  retryBudget: {
    label: 'Retries at once',
    group: 'failing',
    help: 'whether retries may be only a part of the traffic, so that they cannot become the storm',
    values: { off: 'Any number', on: 'A budget' },
  },
  check: {
    label: 'Health check',
    group: 'failing',
    help: 'what a health check asks; a frozen process still accepts connections',
    values: { http: 'Asks the app', tcp: 'Only connects' },
  },
  ejection: {
    label: 'Who fails requests',
    group: 'failing',
    help: 'whether a replica that fails requests in a row is taken out for a while',
    values: { off: 'Stays in', on: 'Is ejected' },
  },
  panic: {
    label: 'Panic: send to all',
    group: 'failing',
    help: 'when health is no longer believed, and all replicas get requests',
    values: { off: 'Never', 'all-down': 'None is up', 'half-down': 'Under half up' },
  },
  drain: {
    label: 'One that drains serves',
    group: 'room',
    help: 'whom a draining replica serves: its pinned clients (HAProxy, nginx), or nobody new (ALB)',
    values: { 'honour-pins': 'Its pins', 'in-flight-only': 'Nobody new' },
  },
  queue: {
    label: 'Room at a replica',
    group: 'room',
    help: 'whether a replica has a limit of requests at once, with a short queue before it',
    values: { off: 'No limit', on: 'Limit + queue' },
  },
};
