import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Express, Response } from 'express';
import { ApiError, notFound } from '../../../lib/api-error.ts';
import type { RunView } from './contract.ts';
import { summaryOf } from './run-view.ts';

export interface RunLibrary {
  /** the newest first */
  views(): RunView[];
  /** where the recording of a run is; null = it has none */
  fileOf(run: string): string | null;
}

/**
 *   GET  /api/runs              each load that ran, the newest first
 *   GET  /api/runs/:id          one, second by second
 *   GET  /api/runs/:id/events   its recording, JSON lines
 */
export function addRuns(api: Express, library: RunLibrary): void {
  const find = (id: string): RunView => {
    const views = library.views();
    const found = views.find((view) => view.id === id || String(view.number) === id);
    if (found) return found;
    const known = views.map((view) => `${view.number} (${view.id})`).join(', ');
    throw notFound(`no run "${id}"; there ${known === '' ? 'was none yet' : `are ${known}`}`);
  };
  api.get('/api/runs', (_req, res) => void res.json(library.views().map(summaryOf)));
  api.get('/api/runs/:id', (req, res) => void res.json(find(req.params.id)));
  api.get('/api/runs/:id/events', async (req, res) => {
    const { id } = find(req.params.id);
    const file = library.fileOf(id);
    if (file === null)
      throw new ApiError(
        404,
        'not_recorded',
        'runs are not recorded here: start the console with --runs-dir DIR',
      );
    await sendFile(res, { file, id });
  });
}

async function sendFile(res: Response, { file, id }: { file: string; id: string }): Promise<void> {
  const stream = createReadStream(file);
  const opened = new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', reject);
  });
  await opened.catch(() => {
    throw new ApiError(
      404,
      'not_recorded',
      `the recording of ${id} is not there any more, or was never written`,
    );
  });
  res.set({
    'content-type': 'application/x-ndjson',
    'content-disposition': `attachment; filename="${id}.jsonl"`,
    'cache-control': 'no-store',
  });
  // A reader that leaves ends it; there is nobody left to tell.
  await pipeline(stream, res).catch(() => {});
}
