import { parseArgs } from 'node:util';
import { parseDuration } from './duration.ts';

/**
 * Command-line flags as one table per program: name → how to read it. Every flag is also an environment
 * variable (`--console-port` = `CARTWRECK_CONSOLE_PORT`); the command line wins.
 */
export interface Flag<T> {
  help: string;
  /** shown in --help, e.g. "N" or "memory|redis|cookie"; absent for a switch */
  placeholder?: string;
  /** how many times it may be given: a switch takes no value, a list collects values */
  kind: 'value' | 'switch' | 'list';
  fallback: T;
  /** turns text into the value, or throws an Error that says what was expected */
  read(text: string): T;
}

export type FlagTable = Record<string, Flag<unknown>>;
export type FlagValues<T extends FlagTable> = { [K in keyof T]: T[K] extends Flag<infer V> ? V : never };

/** Bad arguments: the message says what was expected, what came and what to do. Mains print it and exit. */
export class UsageError extends Error {}

export interface Parsed<T extends FlagTable> {
  flags: FlagValues<T>;
  positionals: string[];
  /** --help was asked for */
  help: boolean;
  /** names of the flags that were given, on the command line or in the environment */
  given: Set<string>;
}

/** Reads flags from `argv` (without node and script) and `env`. Throws UsageError. */
export function parseFlags<T extends FlagTable>(
  table: T,
  argv: string[],
  env: Record<string, string | undefined>,
): Parsed<T> {
  const { values, positionals } = parseWords(table, argv);
  const flags: Record<string, unknown> = {};
  const given = new Set<string>();
  for (const [name, flag] of Object.entries(table)) {
    const variable = environmentName(name);
    const fromEnv = env[variable];
    const words = values[name] ?? (fromEnv === undefined || fromEnv === '' ? undefined : fromEnv);
    flags[name] = words === undefined ? flag.fallback : read(flag, words);
    if (words !== undefined) given.add(name);

    function read(flag: Flag<unknown>, words: string | boolean | (string | boolean)[]): unknown {
      const source = values[name] === undefined ? variable : `--${name}`;
      try {
        if (Array.isArray(words)) return words.flatMap((word) => flag.read(String(word)));
        return flag.read(String(words));
      } catch (error) {
        throw new UsageError(`${source}: ${(error as Error).message}`);
      }
    }
  }
  return { flags: flags as FlagValues<T>, positionals, help: values.help === true, given };
}

export const environmentName = (flag: string): string =>
  `CARTWRECK_${flag.toUpperCase().replaceAll('-', '_')}`;

/** The --help text of a program. */
export function helpText(usage: string, table: FlagTable): string {
  const rows = Object.entries(table).map(([name, flag]) => {
    const left = `  --${name}${flag.placeholder ? ` ${flag.placeholder}` : ''}`;
    const fallback =
      flag.kind === 'switch' || flag.fallback === undefined ? '' : `  [${shown(flag.fallback)}]`;
    return `${left.padEnd(34)} ${flag.help}${fallback}`;
  });
  return `${usage}\n\n${rows.join('\n')}\n\nEvery flag is also an environment variable: --console-port is CARTWRECK_CONSOLE_PORT.\n`;
}

/* What a flag can hold. */

export const text = (help: string, placeholder: string, fallback: string): Flag<string> => ({
  help,
  placeholder,
  kind: 'value',
  fallback,
  read: (word) => word,
});

export const optionalText = (help: string, placeholder: string): Flag<string | undefined> => ({
  help,
  placeholder,
  kind: 'value',
  fallback: undefined,
  read: (word) => word,
});

export const toggle = (help: string): Flag<boolean> => ({
  help,
  kind: 'switch',
  fallback: false,
  read: (word) => {
    if (['true', '1', 'yes'].includes(word)) return true;
    if (['false', '0', 'no'].includes(word)) return false;
    throw new Error(`expected 1 or 0, got "${word}"`);
  },
});

export interface Range {
  min: number;
  max: number;
}

export const integer = (help: string, fallback: number, range: Range): Flag<number> => ({
  help,
  placeholder: 'N',
  kind: 'value',
  fallback,
  read: (word) => readInteger(word, range),
});

export const optionalInteger = (help: string, range: Range): Flag<number | undefined> => ({
  help,
  placeholder: 'N',
  kind: 'value',
  fallback: undefined,
  read: (word) => readInteger(word, range),
});

export const PORTS: Range = { min: 0, max: 65_535 };

/** A time such as 300ms, 8s or 2m; the value is in milliseconds. */
export const duration = (help: string, fallbackMs: number): Flag<number> => ({
  help,
  placeholder: 'TIME',
  kind: 'value',
  fallback: fallbackMs,
  read: parseDuration,
});

export function oneOf<const V extends string>(help: string, values: readonly V[], fallback: V): Flag<V> {
  return {
    help,
    placeholder: values.join('|'),
    kind: 'value',
    fallback,
    read: (word) => {
      if ((values as readonly string[]).includes(word)) return word as V;
      throw new Error(`expected one of ${values.join(', ')}, got "${word}"`);
    },
  };
}

/** A flag that may be given several times. `read` gives the element. */
export const list = <T>(help: string, placeholder: string, read: (word: string) => T): Flag<T[]> => ({
  help,
  placeholder,
  kind: 'list',
  fallback: [],
  read: (word) => [read(word)],
});

function readInteger(word: string, { min, max }: Range): number {
  const value = Number(word);
  if (/^-?[0-9]+$/.test(word) && value >= min && value <= max) return value;
  throw new Error(`expected a whole number from ${min} to ${max}, got "${word}"`);
}

function parseWords(table: FlagTable, argv: string[]) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [
      name,
      {
        type: flag.kind === 'switch' ? ('boolean' as const) : ('string' as const),
        multiple: flag.kind === 'list',
      },
    ]),
  );
  try {
    return parseArgs({
      args: argv,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    }) as {
      values: Record<string, string | boolean | (string | boolean)[] | undefined>;
      positionals: string[];
    };
  } catch (error) {
    throw new UsageError(`${firstSentence((error as Error).message)} ${known(table)}`);
  }
}

const firstSentence = (message: string): string => `${message.split(/[.\n]/)[0]}.`;
const known = (table: FlagTable): string =>
  `Known flags: ${Object.keys(table)
    .map((name) => `--${name}`)
    .join(' ')}.`;
const shown = (value: unknown): string => (Array.isArray(value) ? value.join(', ') || 'none' : String(value));
