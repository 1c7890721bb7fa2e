import { z } from 'zod';
import type { HistoryRecord } from '../oracle/history.ts';

/** Something is wrong with a line that could be read. */
export class Unsound extends Error {}

const KEY = z.object({ key: z.string() });
const LINE = z.object({ id: z.string(), sku: z.string(), qty: z.number(), w: z.string() });
const OBSERVATION = z.object({
  user: z.string().nullable(),
  cart: z.object({ id: z.string().nullish(), born: z.string(), lines: z.array(LINE) }),
  servedBy: z.string().optional(),
  boot: z.string().optional(),
  droppedCookie: z.literal(true).optional(),
});
const OP = z.discriminatedUnion('kind', [
  KEY.extend({ kind: z.literal('add'), sku: z.string(), qty: z.number() }),
  KEY.extend({ kind: z.literal('set'), line: z.string(), qty: z.number() }),
  KEY.extend({ kind: z.literal('remove'), line: z.string() }),
  KEY.extend({ kind: z.literal('login'), user: z.string() }),
  KEY.extend({ kind: z.enum(['checkout', 'logout', 'read']) }),
]);
const T = z.number().nonnegative();
const CALL = z.object({ t: T, shopper: z.string().min(1), call: z.int().nonnegative() });
const RECORD = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run'),
    schema: z.string(),
    run: z.string(),
    seed: z.number(),
    sessionTtlMs: z.number().positive(),
  }),
  CALL.extend({ type: z.literal('invoke'), op: OP }),
  CALL.extend({ type: z.literal('ok'), obs: OBSERVATION }),
  CALL.extend({ type: z.enum(['fail', 'unknown']), reason: z.string() }),
  z.object({ type: z.literal('mark'), t: T, what: z.string() }),
]);

/** One line as a record, exactly as it was written: what a newer version added stays. */
export function recordOf(text: string): HistoryRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Unsound(`not JSON (${(error as Error).message})`);
  }
  const checked = RECORD.safeParse(value);
  if (checked.success) return value as HistoryRecord;
  const [issue] = checked.error.issues;
  const place = issue?.path.join('.') || 'the record';
  throw new Unsound(`${place}: ${issue?.message ?? 'not a record of history/1'}`);
}
