import type { RunView } from '../../contract.ts';
import { dropToken, keyHeaders } from '../shared/access.ts';

/** locked: a key is wanted · unknown: there is no such run · silent: nobody answers. */
export type Read =
  | { is: 'run'; run: RunView }
  | { is: 'locked' }
  | { is: 'unknown' | 'silent'; message: string };

const LIMIT_MS = 5000;

export async function readRun(id: string): Promise<Read> {
  try {
    const response = await fetch(`/api/runs/${encodeURIComponent(id)}`, {
      headers: keyHeaders(),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const body = await response.json().catch(() => null);
    if (response.ok) return { is: 'run', run: body };
    if (response.status === 401 || response.status === 403) {
      dropToken();
      return { is: 'locked' };
    }
    const said: string = body?.error?.message ?? `it answered ${response.status}`;
    return { is: response.status === 404 ? 'unknown' : 'silent', message: `The control room says: ${said}.` };
  } catch {
    const message =
      'The control room does not answer. Is the cluster running? This page asks again by itself.';
    return { is: 'silent', message };
  }
}
