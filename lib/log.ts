import { type Logger, pino } from 'pino';

/** The names under which a secret could reach a log; their values are replaced. */
const REDACTED = [
  'headers.cookie',
  'headers.authorization',
  'headers["set-cookie"]',
  'headers["x-cartwreck-secret"]',
  'cookie',
  'authorization',
  '["set-cookie"]',
  '["x-cartwreck-secret"]',
  'token',
  'secret',
  'key',
];

/** JSON lines on stderr, so that stdout stays free for what a program was asked to print. */
export const createLog = (part: string, level: string): Logger =>
  pino({ name: part, level, redact: { paths: REDACTED, censor: '[hidden]' } }, pino.destination(2));
