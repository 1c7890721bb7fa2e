import { createServer } from 'node:http';
import { z } from 'zod';
import { createApi, finishApi } from '../../../lib/api.ts';
import { ApiError } from '../../../lib/api-error.ts';
import { listen } from '../../../lib/listen.ts';
import { readBody } from '../../../lib/read-body.ts';
import { sendEvents } from '../../../lib/sse.ts';
import { addPages } from '../pages.ts';
import { play } from './left.ts';
import { createPlayer, MAX_SPEED } from './player.ts';
import { readRecording } from './recording.ts';
import { addRuns } from './run-routes.ts';

const WIND = z.strictObject({
  speed: z.number().min(0).max(MAX_SPEED).optional(),
  at: z.number().min(0).optional(),
});

const HOST = '127.0.0.1';

export interface Playback {
  url: string;
  run: string;
  durationMs: number;
  close(): void;
}

/**
 * A control room without a cluster: the same pages and the same reading calls over a recording, for this machine only.
 * What would change a cluster is refused with 409; `POST /api/recording {speed, at}` winds. Throws ExpectedError for a
 * file that is no recording, ListenError for a port that is taken.
 */
export async function startPlayback(options: {
  file: string;
  speed: number;
  port: number;
  /** the folder that holds apps/ */
  root: URL;
  log: { error(details: object, message: string): void };
}): Promise<Playback> {
  const { file, root, log } = options;
  const recording = await readRecording(file);
  const { run } = recording.head;
  const { view } = play(recording);
  const player = createPlayer(recording, { speed: options.speed });
  const api = createApi();
  api.get('/api/state', (_req, res) => void res.json(player.state()));
  api.get('/api/events', (req, res) => sendEvents(player.log, req, res));
  api.get('/api/settings', (_req, res) => void res.json(player.state().settings));
  api.post('/api/recording', (req, res) => {
    const { speed, t } = player.wind(readBody(WIND, req.body ?? {}));
    res.json({ speed, t });
  });
  addRuns(api, { views: () => [{ ...view, running: false }], fileOf: () => file });
  api.use('/api', (req) => {
    throw new ApiError(
      409,
      'recording',
      `this is a recording of run ${run}: ${req.method} ${req.originalUrl} needs a cluster, see npm start`,
    );
  });
  addPages(api, root, { lan: false, shopPort: null });
  finishApi(api, log);
  const server = createServer(api);
  try {
    const port = await listen(server, { host: HOST, port: options.port, flag: '--port' });
    const { startsAt, endsAt } = player.state().recording ?? { startsAt: 0, endsAt: 0 };
    return {
      url: `http://${HOST}:${port}`,
      run,
      durationMs: endsAt - startsAt,
      close() {
        player.close();
        server.close();
        server.closeAllConnections();
      },
    };
  } catch (error) {
    player.close();
    throw error;
  }
}
