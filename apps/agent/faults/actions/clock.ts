import { z } from 'zod';
import type { FaultAction, Hands, Shot } from '../action.ts';
import { each, find } from './look.ts';

const YEAR_MS = 365 * 86_400_000;
const LEASE_MS = 5_000;
const ANSWER_MS = 1_000;
/** A Date header has whole seconds, and the answer takes its time. */
const TOLERANCE_MS = 3_000;

const SKEW = z.strictObject({
  byMs: z
    .number()
    .int()
    .min(-YEAR_MS)
    .max(YEAR_MS)
    .refine((byMs) => Math.abs(byMs) > TOLERANCE_MS, `expected more than ${TOLERANCE_MS} ms, either way`),
});
type Skew = z.infer<typeof SKEW>;

/** The replica's own clock is wrong: sessions age before their time, signed cookies are already over. */
export const skew: FaultAction<Skew> = {
  with: SKEW,
  plan: ({ targets, with: { byMs } }) => targets.map((id) => `set the clock of ${id} by ${byMs} ms`),
  inject: set,
  keep: set,
  undo: (hands, { targets }) =>
    each(targets, async (id) => {
      if (find(hands, id)?.state === 'ready') await hands.replicas.call(id, 'DELETE', '/clock');
    }),
  async verify(hands, { targets, with: { byMs } }) {
    for (const id of targets) {
      const offMs = await offBy(hands, id);
      if (offMs === null) return `${id} does not say what time it is`;
      if (Math.abs(offMs - byMs) > TOLERANCE_MS) return `the clock of ${id} is off by ${offMs} ms`;
    }
    return null;
  },
  endsWithLife: false,
};

function set(hands: Hands, { targets, with: { byMs } }: Shot<Skew>): Promise<void> {
  return each(targets, async (id) => {
    // One that does not run has its clock set when it runs again.
    if (find(hands, id)?.state !== 'ready') return;
    await hands.replicas.call(id, 'PUT', '/clock', { byMs, leaseMs: LEASE_MS });
  });
}

/** As the Date header of its answers shows it. */
async function offBy(hands: Hands, id: string): Promise<number | null> {
  const address = find(hands, id)?.address;
  if (!address) return null;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const answer = await fetch(`http://${host}:${address.port}/healthz`, {
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => null);
  await answer?.text();
  const shown = Date.parse(answer?.headers.get('date') ?? '');
  return Number.isNaN(shown) ? null : shown - Date.now();
}
