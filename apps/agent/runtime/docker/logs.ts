/** Each piece of a log without a terminal: one byte stream, three unused, four length, then the text. */
const HEADER = 8;
const LENGTH_AT = 4;

/** The text of a container's log as the engine frames it. A piece that is cut off counts as far as it came. */
export function textOfLog(framed: Buffer): string {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + HEADER <= framed.length) {
    const end = at + HEADER + framed.readUInt32BE(at + LENGTH_AT);
    pieces.push(framed.subarray(at + HEADER, end));
    at = end;
  }
  return Buffer.concat(pieces).toString().trimEnd();
}
