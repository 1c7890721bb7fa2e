import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ExpectedError } from '../../lib/main.ts';

/** `<cluster>.runs` beside the run directory of a cluster of processes. */
const FOLDER_END = '.runs';
const FILE_END = '.jsonl';
/** As many as somebody reads. */
const MAX_LISTED = 10;

/** The file of a recording: a path, or the id of a run that was recorded under `base`. Throws ExpectedError. */
export function findRecording(word: string | undefined, base: string): string {
  if (word !== undefined && existsSync(word)) return word;
  const known = recordings(base);
  const found = known.find(({ run }) => run === word);
  if (found) return found.file;
  const list = known.slice(0, MAX_LISTED).map(({ run, at }) => `  ${run}   ${at.toLocaleString('en-GB')}`);
  const there =
    list.length === 0
      ? `No runs are recorded under ${base}. Each load against a running cluster is recorded: npm start, then npm run load.`
      : `Recorded under ${base}, newest first:\n${list.join('\n')}`;
  const wrong =
    word === undefined ? 'Which recording? Give a file or the id of a run.' : `No recording "${word}".`;
  throw new ExpectedError(`${wrong}\n${there}`);
}

function recordings(base: string): { run: string; file: string; at: Date }[] {
  return namesIn(base)
    .filter((name) => name.endsWith(FOLDER_END))
    .flatMap((folder) =>
      namesIn(join(base, folder))
        .filter((name) => name.endsWith(FILE_END))
        .map((name) => {
          const file = join(base, folder, name);
          return { run: name.slice(0, -FILE_END.length), file, at: statSync(file).mtime };
        }),
    )
    .sort((a, b) => b.at.getTime() - a.at.getTime());
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
