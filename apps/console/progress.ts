import { z } from 'zod';
import { readBody } from '../../lib/read-body.ts';
import { type LoadEvent, MAX_PLACED, MAX_SAMPLES } from '../../scripts/load/contract.ts';
import { CLASSES } from '../../scripts/oracle/oracle.ts';

const PLACE = [z.int().min(1), z.string().nullable()] as const;
const PLACED = z.array(z.tuple([...PLACE, z.enum(['none', 'right', 'broken'])])).max(MAX_PLACED);
const SAMPLES = z.array(z.tuple([...PLACE, z.enum(['right', 'wrong', 'error'])])).max(MAX_SAMPLES);

/** Only what the pages rely on is checked; the whole shape is the load script's contract. */
const PROGRESS_BODY = z.object({
  events: z
    .array(
      z.discriminatedUnion('type', [
        z.looseObject({ type: z.literal('carts.progress'), run: z.string(), shoppers: z.number() }),
        z.looseObject({ type: z.literal('cart.broken'), run: z.string(), class: z.enum(CLASSES) }),
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
