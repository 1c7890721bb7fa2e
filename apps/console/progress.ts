import { z } from 'zod';
import { readBody } from '../../lib/read-body.ts';
import { type LoadEvent, MAX_PLACED, MAX_SAMPLES } from '../../scripts/load/contract.ts';
import { CLASSES } from '../../scripts/oracle/oracle.ts';

const COUNT = z.number().min(0);
const PLACE = [z.int().min(1), z.string().nullable()] as const;
const PLACED = z.array(z.tuple([...PLACE, z.enum(['none', 'right', 'broken'])])).max(MAX_PLACED);
const SAMPLES = z.array(z.tuple([...PLACE, z.enum(['right', 'wrong', 'error'])])).max(MAX_SAMPLES);

const PROGRESS = z.looseObject({
  type: z.literal('carts.progress'),
  run: z.string(),
  shoppers: COUNT,
  carts: z.looseObject({ checked: COUNT, broken: COUNT, undecided: COUNT }),
  now: z.looseObject({ right: COUNT, broken: COUNT, silent: COUNT }),
  shoppersHit: COUNT,
  requestsPerSecond: COUNT,
  errors: z.looseObject({ fail: COUNT, unknown: COUNT }),
  latencyMs: z.looseObject({ p50: COUNT, p99: COUNT }),
  broken: z.record(z.string(), COUNT),
  done: z.boolean(),
});
const BROKEN = z.looseObject({
  type: z.literal('cart.broken'),
  run: z.string(),
  shopper: z.string(),
  class: z.enum(CLASSES),
  was: z.string().nullable(),
  now: z.string().nullable(),
  status: z.number(),
  missing: z.array(z.string()),
});

/** Only what the pages rely on is checked; the whole shape is the load script's contract. */
const PROGRESS_BODY = z.object({
  events: z
    .array(
      z.discriminatedUnion('type', [
        PROGRESS,
        BROKEN,
        z.object({ type: z.literal('carts.placed'), run: z.string(), all: z.boolean(), carts: PLACED }),
        z.object({
          type: z.literal('answers.sampled'),
          run: z.string(),
          of: z.number(),
          overMs: z.number(),
          samples: SAMPLES,
        }),
      ]),
    )
    .max(1000),
});

/** What a load script posted. Throws a 400 that names what is wrong. */
export const readProgress = (body: unknown): LoadEvent[] =>
  readBody(PROGRESS_BODY, body).events as unknown as LoadEvent[];
