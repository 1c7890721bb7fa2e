import { UsageError } from '../../lib/flags.ts';
import type { HistoryEvent, HistoryRecord, Mark, RunHeader } from '../oracle/history.ts';
import { CutOff, linesOf } from './history-lines.ts';
import { recordOf, Unsound } from './history-record.ts';

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

const EXPECTED_HEADER = 'expected the header {"type":"run","schema":"history/1",…}';

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
