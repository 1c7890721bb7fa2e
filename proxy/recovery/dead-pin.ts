import type { SettingValue } from '../contract.ts';

/** What becomes of a client that is pinned to an upstream which does not serve it. */
interface DeadPin {
  /** the proxy knows already: the upstream is down, or drains and serves nobody */
  known: 'elsewhere' | 'refuse';
  /** it finds out: an attempt there failed, and the retry rule allows another */
  found: 'elsewhere' | 'again' | 'refuse';
}

export const DEAD_PINS: Record<SettingValue<'deadPin'>, DeadPin> = {
  /** HAProxy's `option redispatch 1`, nginx's `sticky` */
  redispatch: { known: 'elsewhere', found: 'elsewhere' },
  /** HAProxy without that option: the time until the health checks notice is paid in errors */
  'retry-same': { known: 'elsewhere', found: 'again' },
  /** Envoy's `strict: true`: the upstream that has the session, or an error */
  strict: { known: 'refuse', found: 'refuse' },
};
