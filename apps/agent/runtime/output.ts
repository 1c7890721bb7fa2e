import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What the members print: whole in a file each, the last lines in memory, every line to whoever listens. */
export interface Output {
  /** Reads what a new life of this member prints, until it ends. */
  follow(id: string, child: ChildProcess): void;
  /** The last lines of a member's present life, for an error message. */
  lastWords(id: string): string;
  /** Resolves when the files are written. */
  close(): Promise<void>;
}

const REMEMBERED_LINES = 32;

export function collectOutput(directory: string, onLine: (id: string, line: string) => void): Output {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = new Map<string, WriteStream>();
  const remembered = new Map<string, string[]>();
  let closed = false;
  const fileOf = (id: string): WriteStream => {
    const file = files.get(id) ?? openLog(join(directory, `${id}.log`));
    files.set(id, file);
    return file;
  };
  const take = (id: string, line: string) => {
    // A dead member's last lines may be read after everything else is over.
    if (closed) return;
    fileOf(id).write(`${line}\n`);
    remembered.set(id, [...(remembered.get(id) ?? []), line].slice(-REMEMBERED_LINES));
    onLine(id, line);
  };
  return {
    follow(id, child) {
      remembered.delete(id);
      for (const stream of [child.stdout, child.stderr]) {
        if (stream) createInterface({ input: stream }).on('line', (line) => take(id, line));
      }
    },
    lastWords: (id) => remembered.get(id)?.join('\n') || '(it said nothing)',
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...files.values()].map((file) => new Promise((resolve) => file.end(resolve))));
    },
  };
}

function openLog(path: string): WriteStream {
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // A full disk, or a folder that somebody removed: the log is lost, the cluster goes on.
  file.on('error', () => {});
  return file;
}
