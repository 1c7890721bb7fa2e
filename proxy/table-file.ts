import { readFileSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { StickTable, TableEntry } from './affinity/stick-table.ts';

/** The first line. Another one: not ours, or of another time. */
const FIRST_LINE = '{"cartwreck":"table","version":1}';
/** Slots of the table in one line of the file: a millisecond's work, then others have their turn. */
const SLOTS_A_LINE = 2500;
/** A million entries take half of it. */
const MAX_BYTES = 64 * 2 ** 20;

/** The two clocks at one moment: the table's (performance.now) ends with the process, the wall's goes on. */
interface Clocks {
  nowMs: number;
  wallMs: number;
}

/** One line of the file: by upstream, the key and the wall clock of the last use of each entry, in turn. */
type Line = Record<string, number[]>;

/**
 * Writes the table as it is, bit by bit while it is in use: what changes meanwhile is in the file as before or as after,
 * nothing twice. Written beside and renamed: a crash leaves the old or the new file. No session id is in it, and its keys
 * cannot be turned into ids, but whoever guesses an id can check it here (hash53 is no secret and no cryptography).
 *
 * It is not forced to the disk: it survives this process, not the machine. Rejects with what the file system says.
 */
export async function writeTable(file: string, table: StickTable, clocks: Clocks): Promise<void> {
  const beside = `${file}.new`;
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.write(`${FIRST_LINE}\n`);
    for (let from = 1; from <= table.reach; from += SLOTS_A_LINE) {
      await handle.write(`${JSON.stringify(lineOf(table.entries(from, SLOTS_A_LINE), clocks))}\n`);
    }
  } finally {
    await handle.close();
  }
  await rename(beside, file);
}

function lineOf(entries: readonly TableEntry[], { nowMs, wallMs }: Clocks): Line {
  const line = new Map<string, number[]>();
  for (const { key, upstream, usedMs } of entries) {
    const usedAt = Math.round(wallMs - nowMs + usedMs);
    const known = line.get(upstream);
    if (known) known.push(key, usedAt);
    else line.set(upstream, [key, usedAt]);
  }
  return Object.fromEntries(line);
}

/**
 * What such a file holds, the one used longest ago first; null when there is none. Throws an Error that says what is
 * wrong with it.
 */
export function readTable(file: string, clocks: Clocks): TableEntry[] | null {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return null;
  if (size > MAX_BYTES) throw new Error(`expected ${MAX_BYTES} bytes at most, got ${size}`);
  const [first = '', ...lines] = readFileSync(file, 'utf8').split('\n');
  if (first !== FIRST_LINE) throw new Error(`expected it to begin with ${FIRST_LINE}`);
  const entries = lines.filter((line) => line !== '').flatMap((line) => entriesOf(JSON.parse(line), clocks));
  return entries.sort((one, other) => one.usedMs - other.usedMs);
}

function entriesOf(line: unknown, { nowMs, wallMs }: Clocks): TableEntry[] {
  const entries: TableEntry[] = [];
  for (const [upstream, numbers] of Object.entries(line ?? {})) {
    if (!Array.isArray(numbers) || numbers.length % 2 !== 0 || !numbers.every(isCount)) {
      throw new Error(`expected keys and times of ${upstream.slice(0, 64)}, got something else`);
    }
    for (let at = 0; at < numbers.length; at += 2) {
      // A wall clock may have been set back: nothing was used later than now.
      const ageMs = Math.max(0, wallMs - numbers[at + 1]);
      entries.push({ key: numbers[at], upstream, usedMs: nowMs - ageMs });
    }
  }
  return entries;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
