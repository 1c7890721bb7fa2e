import { networkInterfaces } from 'node:os';
import type { Express } from 'express';
import { createApi, finishApi } from '../../lib/api.ts';
import { ownAddresses } from '../../lib/own-addresses.ts';
import { createAccess } from './access/access.ts';
import { addApi } from './api.ts';
import type { ConsoleFlags } from './config.ts';
import type { Story } from './events.ts';
import { addPages } from './pages.ts';
import { createPhones, type Surroundings } from './phones/phones.ts';
import { createWhere } from './phones/where.ts';
import { readPlace } from './place.ts';
import type { Runs } from './runs/load.ts';
import { addRuns, type RunLibrary } from './runs/run-routes.ts';

/** What anybody may send, with nothing proven, is short. */
const OPEN_BODIES = { paths: ['/api/phones', '/api/session'], limit: '2kb' };

export interface Assembled {
  api: Express;
  close(): void;
}

/** Puts the control room together over what tells of the cluster; nothing listens yet. */
export function assembleConsole(parts: {
  flags: ConsoleFlags;
  story: Story;
  runs: Runs;
  surroundings: Surroundings;
  /** the runs that are kept */
  library?: RunLibrary;
  /** the folder that holds apps/ */
  root: URL;
  log: { error(details: object, message: string): void };
  /** where it listens */
  port(): number;
  /** wall clock ms */
  now?: () => number;
}): Assembled {
  const { flags, story, runs, surroundings, library, root, log, port, now = Date.now } = parts;
  const place = readPlace(flags);
  const { lan } = place;
  const where = createWhere({ place, port, ownAddresses: () => ownAddresses(networkInterfaces()) });
  const access = createAccess({ lan, token: flags.token, pin: lan ? flags.pin : '', now });
  const phones = createPhones({
    ...{ where, surroundings, now },
    log: story.log,
    startedAt: flags['run-started'],
  });
  const api = createApi({
    hosts: place.name === null ? [] : [place.name],
    addresses: lan,
    guard: access.guard,
    small: OPEN_BODIES,
  });
  access.addSession(api);
  addApi(api, { flags, story, runs, phones: where.view });
  if (library) addRuns(api, library);
  phones.addRoutes(api);
  addPages(api, root, { lan, shopPort: surroundings.shopPort });
  finishApi(api, log);
  return { api, close: phones.close };
}
