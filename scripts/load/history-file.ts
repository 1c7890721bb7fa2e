import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { z } from 'zod';
import { UsageError } from '../../lib/flags.ts';
import type { HistoryEvent, HistoryRecord, Mark, RunHeader } from '../oracle/history.ts';

/** A recorded history, taken apart: the header, then every other record in order. */
export type CheckedRecord = { line: number; record: HistoryEvent | Mark };

/** The longest record is an answer with a full cart: some kilobytes. A longer line is not a history. */
export const MAX_LINE_BYTES = 1 << 20;
/** No shopper has more requests under way; a history with more would fill our memory. */
export const MAX_UNDER_WAY = 64;

/**
 * Reads a history line by line, in memory that does not grow with the file, and hands each record on once it is
 * known to be sound. Resolves to how many calls never ended. Throws UsageError naming the file, the line and what was
 * expected there: a history with holes proves nothing.
 */
export async function readHistory(
  file: string,
  on: { header(header: RunHeader): void; record(record: HistoryEvent | Mark): void },
): Promise<{ unended: HistoryEvent[] }> {
  const calls = createCallBook();
  let line = 0;
  try {
    for await (const text of linesOf(file)) {
      line += 1;
      const record = recordOf(text);
      if (line === 1) on.header(headerOf(record));
      else on.record(laterRecordOf(record, calls));
    }
    if (line === 0) throw new Unsound(`${EXPECTED_HEADER}, and the file is empty`);
  } catch (error) {
    if (error instanceof Unsound) throw new UsageError(`${file}, line ${line || 1}: ${error.message}`);
    if (error instanceof CutOff) throw new UsageError(`${file}, line ${line + 1}: ${error.message}`);
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UsageError(`cannot read the history in ${file}: ${(error as Error).message}`);
  }
  return { unended: calls.unended() };
}

/** Something is wrong with the line that was just read. */
class Unsound extends Error {}
/** Something is wrong with the line that could not be read to its end. */
class CutOff extends Error {}

const EXPECTED_HEADER = 'expected the header {"type":"run","schema":"history/1",…}';

async function* linesOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      yield decode(decoder, Buffer.concat([...begun, chunk.subarray(from, end)]));
      begun = [];
      begunBytes = 0;
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
    begunBytes += chunk.length - from;
    if (begunBytes > MAX_LINE_BYTES) {
      throw new CutOff(`longer than ${MAX_LINE_BYTES} bytes; expected one JSON record a line`);
    }
  }
  if (begunBytes > 0) {
    throw new CutOff(
      'the file ends in the middle of this line (no line end): the recording was cut off; remove the line to judge what is before it',
    );
  }
}

const NEWLINE = 0x0a;

function decode(decoder: TextDecoder, bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new CutOff('not UTF-8 text: the file is damaged, or no history');
  }
}

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

/** The record as it was written: what a newer version added stays. */
function recordOf(text: string): HistoryRecord {
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

function headerOf(record: HistoryRecord): RunHeader {
  if (record.type !== 'run') throw new Unsound(`${EXPECTED_HEADER}, got a record of type "${record.type}"`);
  const { schema } = record as { schema: string };
  if (schema === 'history/1') return record;
  throw new Unsound(
    `expected schema "history/1", got "${schema}": another version of the load script wrote it`,
  );
}

function laterRecordOf(record: HistoryRecord, calls: CallBook): HistoryEvent | Mark {
  if (record.type === 'run') throw new Unsound('a second header: one file holds one run');
  if (record.type === 'mark') return record;
  if (record.type === 'invoke') calls.begin(record);
  else calls.end(record);
  return record;
}

interface CallBook {
  begin(event: HistoryEvent): void;
  end(event: HistoryEvent): void;
  unended(): HistoryEvent[];
}

/** Every call is sent once and ends at most once. Numbers of a shopper grow, so the last one is all to remember. */
function createCallBook(): CallBook {
  const shoppers = new Map<string, { last: number; underWay: Map<number, HistoryEvent> }>();
  return {
    begin(event) {
      const { shopper, call } = event;
      const own = shoppers.get(shopper) ?? { last: -1, underWay: new Map() };
      shoppers.set(shopper, own);
      if (call <= own.last) {
        throw new Unsound(
          `call ${call} of ${shopper} is used twice or out of order: the last one was ${own.last}; each attempt has a higher number`,
        );
      }
      own.last = call;
      own.underWay.set(call, event);
      if (own.underWay.size > MAX_UNDER_WAY) {
        throw new Unsound(
          `${shopper} has more than ${MAX_UNDER_WAY} calls under way: their ends are missing`,
        );
      }
    },
    end({ shopper, call }) {
      if (shoppers.get(shopper)?.underWay.delete(call)) return;
      throw new Unsound(`call ${call} of ${shopper} ends here, but was never sent, or has ended already`);
    },
    unended: () => [...shoppers.values()].flatMap(({ underWay }) => [...underWay.values()]),
  };
}
