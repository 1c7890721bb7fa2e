import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Stamped } from '../../../lib/event-log.ts';
import { ExpectedError } from '../../../lib/main.ts';
import type { ClusterEvent } from '../contract.ts';
import type { RecordingHead } from './contract.ts';

export const RECORDING_SCHEMA = 'recording/1';

export interface Recording {
  head: RecordingHead;
  /** in the order they were told; `seq` grows, `t` may fall back by what a part told late */
  events: Stamped<ClusterEvent>[];
}

/**
 * Reads a recording. A last line that was cut off is left out: whoever wrote it was killed. Throws ExpectedError, with what
 * to do, for a file that is not there, is none of ours, or has nothing in it.
 */
export async function readRecording(file: string): Promise<Recording> {
  const [first, ...rest] = await readLines(file);
  if (first === undefined) throw new ExpectedError(`${file} is empty: nothing was recorded.`);
  const head = readHead(first, file);
  const events: Stamped<ClusterEvent>[] = [];
  for (const [index, line] of rest.entries()) {
    const event = parse(line) as Stamped<ClusterEvent> | null;
    if (typeof event?.seq === 'number' && typeof event.t === 'number') events.push(event);
    else if (index < rest.length - 1)
      throw new ExpectedError(`${file}, line ${index + 2}: expected an event {"seq", "t", "type", …}.`);
  }
  return { head, events };
}

/** Its first line alone: a recording may be long. Throws ExpectedError as readRecording does. */
export async function readRecordingHead(file: string): Promise<RecordingHead> {
  const [first = ''] = await readLines(file, 1);
  return readHead(first, file);
}

function readHead(line: string, file: string): RecordingHead {
  const head = parse(line) as RecordingHead | null;
  if (head?.schema === RECORDING_SCHEMA && head.state?.scene !== undefined) return head;
  const found = head?.schema === undefined ? 'none' : `"${head.schema}"`;
  throw new ExpectedError(
    `${file} is no recording: expected the schema "${RECORDING_SCHEMA}" in its first line, found ${found}. ` +
      'Recordings are made by the control room: GET /api/runs/<run>/events.',
  );
}

async function readLines(file: string, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const lines: string[] = [];
  const input = createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (line !== '') lines.push(line);
      if (lines.length >= most) break;
    }
  } catch (error) {
    const { code = (error as Error).message } = error as NodeJS.ErrnoException;
    throw new ExpectedError(`Cannot read the recording ${file} (${code}).`);
  } finally {
    input.destroy();
  }
  return lines;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
