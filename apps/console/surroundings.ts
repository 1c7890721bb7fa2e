import { callApi } from '../../lib/call.ts';
import type { Settings } from '../../proxy/contract.ts';
import type { ConsoleFlags } from './config.ts';
import type { Story } from './events.ts';
import type { Surroundings } from './phones/phones.ts';
import { valueLabel } from './web/shared/labels.ts';

/** Two hundred phones ask every two seconds: the proxy is asked once in this time. */
const SETTINGS_AGE_MS = 1000;

/** What phones get to know of a cluster that runs. */
export function liveSurroundings(flags: ConsoleFlags, story: Story): Surroundings {
  let askedAt = Number.NEGATIVE_INFINITY;
  let sessions: Promise<string | null> = Promise.resolve(null);
  const ask = () =>
    callApi<Settings>(`${flags['proxy-url']}/settings`, { timeoutMs: SETTINGS_AGE_MS }).then(
      (settings) => valueLabel('sessions', settings.sessions),
      () => null,
    );
  return {
    shopPort: Number(new URL(flags['shop-url']).port || 80),
    sessions() {
      const now = performance.now();
      if (now - askedAt < SETTINGS_AGE_MS) return sessions;
      askedAt = now;
      sessions = ask();
      return sessions;
    },
    deaths: () =>
      story.scene().deaths.map(({ life, how, t }) => ({ life, how, at: flags['run-started'] + t })),
  };
}
