import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { ExpectedError } from '../../../../lib/main.ts';
import { LABEL } from './guard.ts';

/** The container that this program runs in, and the compose project it belongs to. */
export interface Self {
  /** full id */
  id: string;
  project: string;
}

/** Docker names a container's host after its id, unless somebody said otherwise. Throws ExpectedError with what to do. */
export async function ownContainer(docker: Docker, host: string = hostname()): Promise<Self> {
  const expected = 'expected to run as a container of a compose project, as docker-compose.yml starts it';
  const info = await docker
    .getContainer(host)
    .inspect()
    .catch((error: Error & { statusCode?: number }) => {
      const found = error.statusCode === 404 ? 'Docker knows no such container' : error.message;
      throw new ExpectedError(
        `${expected}; this host is "${host}": ${found}. Give it no hostname of its own.`,
      );
    });
  const project = info.Config.Labels[LABEL.project];
  if (project === undefined) throw new ExpectedError(`${expected}; container "${host}" belongs to none.`);
  return { id: info.Id, project };
}
