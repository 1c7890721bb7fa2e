import { z } from 'zod';
import type { ToxicName, Toxics } from '../../../../lib/link.ts';
import type { ProbeView } from '../../../../proxy/contract.ts';
import type { FaultAction, Hands, Shot } from '../action.ts';
import { type Between, LINK_ENDS } from '../link-ends.ts';
import { each, find } from './look.ts';

const MS_MAX = 60_000;
const DELAY_MS_MAX = 10_000;

const ms = (max: number) => z.number().int().min(0).max(max);
const BETWEEN = { between: z.enum(['proxy-replica', 'replica-store']).default('proxy-replica') };

export interface LinkFault<W> {
  with: z.ZodType<W>;
  /** which links it hurts, all at the replica that is its target */
  between(options: W): readonly Between[];
  toxics(options: W): Toxics;
  /** Why the fault is not there, judged by how a request fared; left out: it cannot be told by that. */
  seen?(probe: ProbeView, options: W): string | null;
  /** the replicas whose links are hurt, where they are not the targets themselves */
  replicas?(hands: Hands, targets: readonly string[]): readonly string[];
}

/** The fault that adds toxics to links, keeps them there, and takes them off. */
export function linkFault<W>(fault: LinkFault<W>): FaultAction<W> {
  type Place = { id: string; between: Between };
  const placesOf = (hands: Hands, { targets, with: options }: Pick<Shot<W>, 'targets' | 'with'>): Place[] =>
    (fault.replicas?.(hands, targets) ?? targets)
      .flatMap((id) => fault.between(options).map((between) => ({ id, between })))
      .filter(({ id, between }) => LINK_ENDS[between].exists(find(hands, id)));
  const add = (hands: Hands, shot: Shot<W>) =>
    each(placesOf(hands, shot), ({ id, between }) =>
      LINK_ENDS[between].add(hands, id, fault.toxics(shot.with)),
    );

  return {
    with: fault.with,
    plan: ({ targets, with: options }) =>
      targets.flatMap((id) =>
        fault
          .between(options)
          .map((between) => `${id}, ${between}: ${JSON.stringify(fault.toxics(options))}`),
      ),
    async refuse(hands, shot) {
      const names = namesOf(fault.toxics(shot.with));
      for (const { id, between } of placesOf(hands, shot)) {
        const there = await LINK_ENDS[between].toxics(hands, id);
        const twice = names.find((name) => Object.hasOwn(there, name));
        if (twice) return `the link ${between} of ${id} has "${twice}" already: undo that fault first`;
      }
      return null;
    },
    inject: add,
    keep: add,
    undo: (hands, shot) =>
      each(placesOf(hands, shot), async ({ id, between }) => {
        for (const name of namesOf(fault.toxics(shot.with))) await LINK_ENDS[between].remove(hands, id, name);
      }),
    async verify(hands, shot) {
      const places = placesOf(hands, shot);
      if (places.length === 0) return 'no replica with such a link is ready';
      for (const { id, between } of places) {
        const why = await look(LINK_ENDS[between], hands, { id, options: shot.with });
        if (why !== null) return `${id}, ${between}: ${why}`;
      }
      return null;
    },
    takesOut: ({ targets, with: options }) => {
      const { latency, bandwidth, ...deadly } = fault.toxics(options);
      const cutOff = fault.between(options).includes('proxy-replica') && namesOf(deadly).length > 0;
      return cutOff ? targets : [];
    },
    endsWithLife: false,
  };

  async function look(
    end: (typeof LINK_ENDS)[Between],
    hands: Hands,
    { id, options }: { id: string; options: W },
  ): Promise<string | null> {
    if (fault.seen) return fault.seen(await end.probe(hands, id), options);
    const there = await end.toxics(hands, id);
    const missing = namesOf(fault.toxics(options)).find((name) => !Object.hasOwn(there, name));
    return missing ? `no "${missing}" on it` : null;
  }
}

const namesOf = (toxics: Toxics) => Object.keys(toxics) as ToxicName[];

const fails = ({ failure }: ProbeView): string | null => (failure === null ? 'a request is answered' : null);

const LATENCY = { latencyMs: ms(DELAY_MS_MAX).default(100), jitterMs: ms(DELAY_MS_MAX).default(0) };

export const slow = (
  { ms: took, failure }: ProbeView,
  { latencyMs, jitterMs }: { latencyMs: number; jitterMs: number },
): string | null =>
  failure === null && took < latencyMs - jitterMs - 1 ? `a request took only ${took} ms` : null;

/** Above half the health check's limit it takes the replica down: each check makes a connection, which is late too. */
const LATENCY_BETWEEN = z.strictObject({ ...LATENCY, ...BETWEEN });
export const latency = linkFault<z.infer<typeof LATENCY_BETWEEN>>({
  with: LATENCY_BETWEEN,
  between: ({ between }) => [between],
  toxics: ({ latencyMs, jitterMs }) => ({ latency: { latencyMs, jitterMs } }),
  seen: slow,
});

export const bandwidth = linkFault({
  with: z.strictObject({ kbPerSecond: z.number().min(1).max(1_000_000).default(10), ...BETWEEN }),
  between: ({ between }) => [between],
  toxics: ({ kbPerSecond }) => ({ bandwidth: { kbPerSecond } }),
});

export const timeout = linkFault({
  with: z.strictObject({ timeoutMs: ms(MS_MAX).default(0), ...BETWEEN }),
  between: ({ between }) => [between],
  toxics: ({ timeoutMs }) => ({ timeout: { timeoutMs } }),
  seen: fails,
});

export const reset = linkFault({
  with: z.strictObject({ timeoutMs: ms(MS_MAX).default(0), ...BETWEEN }),
  between: ({ between }) => [between],
  toxics: ({ timeoutMs }) => ({ reset: { timeoutMs } }),
  seen: fails,
});

export const down = linkFault({
  with: z.strictObject(BETWEEN),
  between: ({ between }) => [between],
  toxics: () => ({ down: {} }),
  seen: fails,
});

const FROM = {
  proxy: ['proxy-replica'],
  store: ['replica-store'],
  both: ['proxy-replica', 'replica-store'],
} as const satisfies Record<string, readonly Between[]>;

export const partition = linkFault({
  with: z.strictObject({ from: z.enum(['proxy', 'store', 'both']).default('proxy') }),
  between: ({ from }) => FROM[from],
  toxics: () => ({ partition: {} }),
  seen: fails,
});

/** The way of every shop to the store, of those too that join later. */
export const storeLatency = linkFault({
  with: z.strictObject(LATENCY),
  between: () => ['replica-store'],
  toxics: ({ latencyMs, jitterMs }) => ({ latency: { latencyMs, jitterMs } }),
  seen: slow,
  replicas: ({ runtime }) => runtime.members().flatMap(({ id, role }) => (role === 'shop' ? id : [])),
});
