import type { RunSummary } from '../../contract.ts';
import { keyHeaders } from '../shared/access.ts';
import { fetchRun } from '../shared/api.ts';

/** A recording of an hour has some megabytes. */
const LIMIT_MS = 60_000;

/** The recording of a run as a file: `npm run replay -- FILE` plays it without a cluster. */
export async function saveRecording({ id }: RunSummary, say: (text: string) => void): Promise<void> {
  try {
    const response = await fetch(`/api/runs/${encodeURIComponent(id)}/events`, {
      headers: keyHeaders(),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    if (!response.ok) return say(`The recording cannot be read: the console answered ${response.status}.`);
    save(`cartwreck-run-${id}.jsonl`, await response.blob());
  } catch {
    say('The recording cannot be read: the console cannot be reached.');
  }
}

/** All runs with their seconds, for a spreadsheet or a script. */
export async function saveRuns(list: readonly RunSummary[], say: (text: string) => void): Promise<void> {
  const runs = await Promise.all(list.map(({ id }) => fetchRun(id).catch(() => null)));
  const read = runs.filter((run) => run !== null);
  if (read.length === 0) return say('The runs cannot be read: the console does not answer.');
  save('cartwreck-runs.json', new Blob([JSON.stringify(read, null, 2)], { type: 'application/json' }));
}

function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
