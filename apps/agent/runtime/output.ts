import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What the members print: whole in a file each, the last lines in memory, every line to whoever listens. */
export interface Output {
  follow(id: string, child: ChildProcess): void;
  /** The last lines of a member, for an error message. */
  lastWords(id: string): string;
  close(): void;
}

const REMEMBERED_LINES = 32;

export function collectOutput(directory: string, onLine: (id: string, line: string) => void): Output {
  mkdirSync(directory, { recursive: true });
  const files = new Map<string, WriteStream>();
  const remembered = new Map<string, string[]>();
  const take = (id: string, line: string) => {
    const file = files.get(id) ?? createWriteStream(join(directory, `${id}.log`), { flags: 'a' });
    files.set(id, file);
    file.write(`${line}\n`);
    const lines = remembered.get(id) ?? [];
    lines.push(line);
    remembered.set(id, lines.slice(-REMEMBERED_LINES));
    onLine(id, line);
  };
  return {
    follow(id, child) {
      for (const stream of [child.stdout, child.stderr]) {
        if (stream) createInterface({ input: stream }).on('line', (line) => take(id, line));
      }
    },
    lastWords: (id) => remembered.get(id)?.join('\n') || '(it said nothing)',
    close: () => {
      for (const file of files.values()) file.end();
    },
  };
}
