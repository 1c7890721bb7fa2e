import type { SettingName } from '../../../../proxy/contract.ts';
import type { DeployRequest, DeployStrategy, FaultName, FaultRequest } from '../../../agent/contract.ts';
import type { ClusterState, RunSummary, RunView } from '../../contract.ts';
import { keyHeaders } from './access.ts';
import { DEPLOY_LABELS, faultLabel, valueLabel } from './labels.ts';
import { SETTING_LABELS } from './setting-labels.ts';

/** One call of the control API, as a button makes it and as its `curl` line shows it. */
export interface Call {
  /** what it does, in words: the label of its button, and the beginning of a message about it */
  what: string;
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: object;
}

export type Answer = { ok: true; body: unknown } | { ok: false; status: number; message: string };

/** A deploy or a reset takes seconds; longer than this is a cluster that does not answer. */
const CALL_LIMIT_MS = 30_000;
const STATE_LIMIT_MS = 3000;
const LOAD_DURATION = '10m';
const DRAIN = '2s';

export const switchSetting = (name: SettingName, value: string): Call => ({
  what: `${SETTING_LABELS[name].label}: ${valueLabel(name, value)}`,
  method: 'PATCH',
  path: '/api/settings',
  body: { [name]: value },
});

/** What may be said about a fault besides its name. `what` is its label where the usual one would not do. */
export type FaultWish = Pick<FaultRequest, 'target' | 'with' | 'for'> & { what?: string };

/** A fault without `for` lasts until somebody undoes it, or until its own limit. */
export function injectFault(
  fault: FaultName,
  { what, target, with: words, for: forTime }: FaultWish = {},
): Call {
  const request: FaultRequest = {
    fault,
    ...(target === undefined ? {} : { target }),
    ...(words === undefined || Object.keys(words).length === 0 ? {} : { with: words }),
    ...(forTime === undefined || forTime === '' ? {} : { for: forTime }),
  };
  return { what: what ?? faultLabel(fault, target), method: 'POST', path: '/api/faults', body: request };
}

/** The same fault, only told and not done; answered with a FaultPlan. */
export const dryRun = (call: Call): Call => ({
  ...call,
  what: `${call.what}, dry run`,
  body: { ...call.body, dryRun: true },
});

export const undoFault = (id: string, what: string): Call => ({
  what,
  method: 'DELETE',
  path: `/api/faults/${encodeURIComponent(id)}`,
});

/** What the operator wants of a replica at the proxy: nobody new, everybody again, a share. */
export const wishFor = (
  id: string,
  what: string,
  wish: { admin?: 'drain' | 'ready'; deadlineMs?: number; weight?: number },
): Call => ({ what, method: 'PATCH', path: `/api/upstreams/${encodeURIComponent(id)}`, body: wish });

export const setReplicas = (count: number, what: string): Call => ({
  what,
  method: 'PUT',
  path: '/api/replicas',
  body: { count },
});

export const deploy = (strategy: DeployStrategy): Call => ({
  what: `Deploy ${DEPLOY_LABELS[strategy].toLowerCase()}`,
  method: 'POST',
  path: '/api/deploys',
  // With all of them gone at once nobody is left to drain to.
  body: (strategy === 'recreate-all' ? { strategy } : { strategy, drain: DRAIN }) satisfies DeployRequest,
});

export const RESET: Call = { what: 'Reset', method: 'POST', path: '/api/reset' };
export const EMERGENCY_STOP: Call = { what: 'Emergency stop', method: 'POST', path: '/api/stop' };
export const ARM: Call = { what: 'Allow faults again', method: 'POST', path: '/api/arm' };
export const STOP_LOAD: Call = { what: 'Stop shopping', method: 'DELETE', path: '/api/load' };

export const startLoad = (shoppers: number, seed: number | null): Call => ({
  what: 'Start shopping',
  method: 'POST',
  path: '/api/load',
  body: { shoppers, duration: LOAD_DURATION, ...(seed === null ? {} : { seed }) },
});

/** Where phones find the console: an address or a name of this machine, as somebody in the room knows it. */
export const setAddress = (host: string): Call => ({
  what: 'Address for phones',
  method: 'PUT',
  path: '/api/phones/address',
  body: { host },
});

export const openVote = (question: string, options: readonly string[]): Call => ({
  what: 'Open the vote',
  method: 'PUT',
  path: '/api/vote',
  body: { question, options },
});
export const CLOSE_VOTE: Call = { what: 'Close the vote', method: 'POST', path: '/api/vote/close' };
export const DROP_VOTE: Call = { what: 'Take the vote away', method: 'DELETE', path: '/api/vote' };
/** `option` by its place. */
export const cameTrue = (option: number, text: string): Call => ({
  what: `“${text}” came true`,
  method: 'POST',
  path: '/api/vote/came',
  body: { option },
});

/** Winds a recording: `speed` 0 = paused, `at` in ms of `t`. */
export const windRecording = (to: { speed?: number; at?: number }, what: string): Call => ({
  what,
  method: 'POST',
  path: '/api/recording',
  body: to,
});

/** The call as a shell command. The token stays a variable: this line is shown to a room. */
export function curlOf({ method, path, body }: Call, origin: string): string {
  const data = body === undefined ? [] : [`-d '${JSON.stringify(body)}'`];
  return [`curl -X ${method}`, '-H "Authorization: Bearer $TOKEN"', ...data, origin + path].join(' \\\n');
}

/** Makes the call. A refusal, and a console that cannot be reached, are answers too: they say so in words. */
export async function send({ method, path, body }: Call): Promise<Answer> {
  const init: RequestInit = { method, headers: keyHeaders() };
  if (body !== undefined) init.body = JSON.stringify(body);
  try {
    const response = await fetch(path, { ...init, signal: AbortSignal.timeout(CALL_LIMIT_MS) });
    const answer = parse(await response.text());
    if (response.ok) return { ok: true, body: answer };
    const message = answer?.error?.message ?? `the console answered ${response.status}`;
    return { ok: false, status: response.status, message };
  } catch (error) {
    return { ok: false, status: 0, message: `the console cannot be reached (${reason(error)})` };
  }
}

/** The console wants a key, and has none or a wrong one. */
export class Refused extends Error {}

/** The snapshot; throws when there is none to be had, `Refused` when a key is wanted. */
export const fetchState = (): Promise<ClusterState> => read('/api/state');
/** The runs there were, the newest first. */
export const fetchRuns = (): Promise<RunSummary[]> => read('/api/runs');
export const fetchRun = (id: string): Promise<RunView> => read(`/api/runs/${encodeURIComponent(id)}`);

async function read<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: keyHeaders(), signal: AbortSignal.timeout(STATE_LIMIT_MS) });
  if (response.status === 401 || response.status === 403) throw new Refused(`${path} wants a key`);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}

function parse(text: string): { error?: { message?: string } } | null {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'TimeoutError' ? `no answer within ${CALL_LIMIT_MS / 1000} s` : error.message;
}
