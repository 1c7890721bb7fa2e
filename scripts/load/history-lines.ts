import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';

/** The longest record is an answer with a full cart: some kilobytes. A longer line is not a history. */
export const MAX_LINE_BYTES = 1 << 20;

/** Something is wrong with the line that could not be read to its end. */
export class CutOff extends Error {}

/** The lines of a file, one at a time. Throws CutOff for a line that is too long, no text, or has no end. */
export async function* linesOf(file: string): AsyncGenerator<string> {
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
