import { prettyFactory } from 'pino-pretty';

const WARN = 40;

/**
 * Shows what members print, readable: warnings and errors of every part (all of it with --log-level debug), each line
 * with the name of its member. The whole output is in the run directory.
 */
export function createLineReader(
  say: (text: string) => void,
  logLevel: string,
): (id: string, line: string) => void {
  const pretty = prettyFactory({
    colorize: process.stdout.isTTY === true,
    ignore: 'pid,hostname,name',
    singleLine: true,
  });
  const everything = logLevel === 'debug' || logLevel === 'trace';
  return (id, line) => {
    const level = levelOf(line);
    if (level === null || (level < WARN && !everything)) return;
    say(`${id}: ${pretty(JSON.parse(line)).trimEnd()}`);
  };
}

/** The level of a pino line; null for what is not one, such as the chatter of redis-server. */
function levelOf(line: string): number | null {
  if (!line.startsWith('{')) return null;
  try {
    const { level } = JSON.parse(line) as { level?: unknown };
    return typeof level === 'number' ? level : null;
  } catch {
    return null;
  }
}
