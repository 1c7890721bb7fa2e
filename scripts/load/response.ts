/** HTTP/1.1 responses, read out of the bytes of a connection. Pure; only what a shopper needs of them. */

/** What comes before the body. */
export interface Head {
  status: number;
  setCookies: string[];
  /** the proxy's word, on errors it made itself, that nothing reached a replica */
  neverSent: boolean;
  /** how long the shop says it keeps an idle connection; null = it does not say */
  keepAliveMs: number | null;
  /** the connection may carry another request afterwards */
  keepsOpen: boolean;
  /** body length in bytes; or where else the body ends */
  body: number | 'chunked' | 'until-close';
  /** bytes of this head, its empty line included */
  bytes: number;
}

/** The bytes are no HTTP/1.1 response. */
export class Malformed extends Error {}

const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: |$)/;

/** The head at the start of `bytes`; null = not all of it is there yet. Throws Malformed. */
export function readHead(bytes: Buffer): Head | null {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) {
    if (bytes.length > 4 && bytes.toString('latin1', 0, 5) !== 'HTTP/') throw new Malformed('not HTTP');
    return null;
  }
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [, minor, code] = STATUS_LINE.exec(statusLine) ?? [];
  if (code === undefined) throw new Malformed(`expected a status line, got "${statusLine}"`);
  const status = Number(code);
  const head: Head = {
    status,
    setCookies: [],
    neverSent: false,
    keepAliveMs: null,
    keepsOpen: minor === '1',
    body: 'until-close',
    bytes: end + HEAD_END.length,
  };
  for (const line of lines) note(head, line);
  if (status < 200 || status === 204 || status === 304) head.body = 0;
  if (head.body === 'until-close') head.keepsOpen = false;
  return head;
}

function note(head: Head, line: string): void {
  const colon = line.indexOf(':');
  if (colon < 1) throw new Malformed(`expected a header, got "${line}"`);
  const value = line.slice(colon + 1).trim();
  switch (line.slice(0, colon).toLowerCase()) {
    case 'set-cookie':
      head.setCookies.push(value);
      return;
    case 'content-length':
      setBody(head, lengthOf(value));
      return;
    case 'transfer-encoding':
      if (value.toLowerCase() !== 'chunked') throw new Malformed(`cannot read transfer-encoding "${value}"`);
      setBody(head, 'chunked');
      return;
    case 'connection':
      if (/\bclose\b/i.test(value)) head.keepsOpen = false;
      return;
    case 'keep-alive':
      head.keepAliveMs = keepAliveOf(value);
      return;
    case 'x-upstream-sent':
      head.neverSent = value === '0';
  }
}

/** Two words on where the body ends must agree, or nobody can tell what belongs to it. */
function setBody(head: Head, body: Head['body']): void {
  if (head.body !== 'until-close' && head.body !== body) throw new Malformed('two different body lengths');
  head.body = body;
}

function lengthOf(value: string): number {
  if (!/^[0-9]{1,9}$/.test(value)) throw new Malformed(`expected a length in bytes, got "${value}"`);
  return Number(value);
}

/** "timeout=5" → 5000 */
function keepAliveOf(value: string): number | null {
  const seconds = /timeout=([0-9]+)/.exec(value)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** The complete body behind `head`, and where in `bytes` it ends; null = more is to come. Throws Malformed. */
export function readBody(
  bytes: Buffer,
  head: Head,
  { closed }: { closed: boolean },
): { text: string; end: number } | null {
  const { body, bytes: from } = head;
  if (body === 'chunked') return readChunks(bytes, from);
  if (body === 'until-close')
    return closed ? { text: bytes.toString('utf8', from), end: bytes.length } : null;
  const end = from + body;
  return bytes.length < end ? null : { text: bytes.toString('utf8', from, end), end };
}

const LINE_END = Buffer.from('\r\n');
const LAST_CHUNK = 0;

function readChunks(bytes: Buffer, from: number): { text: string; end: number } | null {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf(LINE_END, at);
    if (lineEnd < 0) return null;
    const [digits = ''] = bytes.toString('latin1', at, lineEnd).split(';');
    if (!/^[0-9a-f]{1,8}\s*$/i.test(digits)) throw new Malformed(`expected a chunk size, got "${digits}"`);
    const size = Number.parseInt(digits, 16);
    const start = lineEnd + LINE_END.length;
    if (size === LAST_CHUNK) return afterTrailers(bytes, start, parts);
    const end = start + size;
    if (bytes.length < end + LINE_END.length) return null;
    if (bytes.indexOf(LINE_END, end) !== end) throw new Malformed('a chunk is longer than it says');
    parts.push(bytes.subarray(start, end));
    at = end + LINE_END.length;
  }
}

/** Lines may follow the last chunk; an empty one ends the body. */
function afterTrailers(bytes: Buffer, from: number, parts: Buffer[]): { text: string; end: number } | null {
  const isEmpty = bytes.indexOf(LINE_END, from) === from;
  const last = isEmpty ? from : bytes.indexOf(HEAD_END, from);
  if (last < 0) return null;
  const end = last + (isEmpty ? LINE_END : HEAD_END).length;
  return { text: Buffer.concat(parts).toString(), end };
}
