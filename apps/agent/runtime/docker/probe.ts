import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answersPing } from '../../store/choose.ts';
import type { Lives } from './lives.ts';

/** Asks a member once whether it is ready. Never throws: no answer, a wrong one or a late one is null. */
export type Probe = (address: { host: string; port: number }) => Promise<ProbeAnswer | null>;

export interface ProbeAnswer {
  /** the life it says it is in; null = its kind does not say */
  life: string | null;
}

/** What takes longer is not ready. */
const PROBE_MS = 1000;
/** The answer of every replica carries its life in this header. */
const LIFE_HEADER = 'x-boot-id';

/** Ready is who answers 200 at this path. */
export const httpProbe =
  (path: string): Probe =>
  ({ host, port }) =>
    new Promise((resolve) => {
      // The control plane answers to local names only; an address of a container is none.
      const headers = { host: 'localhost' };
      const signal = AbortSignal.timeout(PROBE_MS);
      const asking = request({ host, port, path, agent: false, headers, signal }, (answer) => {
        answer.on('error', () => {});
        answer.resume();
        const life = answer.headers[LIFE_HEADER];
        resolve(answer.statusCode === 200 ? { life: typeof life === 'string' ? life : null } : null);
      });
      asking.on('error', () => resolve(null));
      asking.end();
    });

/** Ready is what answers Redis' PING. */
export const pingProbe: Probe = async (address) =>
  (await answersPing(address, false, PROBE_MS)) ? { life: null } : null;

const POLL_MS = 50;
/** After a while it is asked less often, for as long as it runs. */
const SLOW_AFTER_MS = 30_000;
const SLOW_POLL_MS = 1000;

/** Asks a life until it answers, is over, or nobody watches any more. */
export async function askUntil(asked: {
  lives: Pick<Lives, 'address' | 'awaits' | 'answered'>;
  key: string;
  probe: Probe;
  signal: AbortSignal;
}): Promise<void> {
  const { lives, key, probe, signal } = asked;
  const began = performance.now();
  while (!signal.aborted && lives.awaits(key)) {
    const answer = lives.address && (await probe(lives.address));
    if (answer && lives.answered(key, answer)) return;
    const pauseMs = performance.now() - began < SLOW_AFTER_MS ? POLL_MS : SLOW_POLL_MS;
    await delay(pauseMs, undefined, { signal }).catch(() => {});
  }
}
