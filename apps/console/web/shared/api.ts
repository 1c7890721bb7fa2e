import type { SettingName } from '../../../../proxy/contract.ts';
import type { DeployRequest, FaultName, FaultRequest } from '../../../agent/contract.ts';
import type { ClusterState } from '../../contract.ts';
import { faultLabel, SETTING_LABELS, valueLabel } from './labels.ts';

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
const DRAIN: DeployRequest = { strategy: 'in-place', drain: '2s' };

export const switchSetting = (name: SettingName, value: string): Call => ({
  what: `${SETTING_LABELS[name].label}: ${valueLabel(name, value)}`,
  method: 'PATCH',
  path: '/api/settings',
  body: { [name]: value },
});

/** `forTime` is a time like "8s" after which the fault undoes itself; null = when somebody undoes it. */
export const injectFault = (fault: FaultName, target: string, forTime: string | null = null): Call => {
  const request: FaultRequest = { fault, target, ...(forTime === null ? {} : { for: forTime }) };
  return { what: faultLabel(fault, target), method: 'POST', path: '/api/faults', body: request };
};

export const undoFault = (id: string, what: string): Call => ({
  what,
  method: 'DELETE',
  path: `/api/faults/${encodeURIComponent(id)}`,
});

export const setReplicas = (count: number, what: string): Call => ({
  what,
  method: 'PUT',
  path: '/api/replicas',
  body: { count },
});

export const DEPLOY: Call = { what: 'Rolling deploy', method: 'POST', path: '/api/deploys', body: DRAIN };
export const RESET: Call = { what: 'Reset', method: 'POST', path: '/api/reset' };
export const STOP_LOAD: Call = { what: 'Stop the load', method: 'DELETE', path: '/api/load' };

export const startLoad = (shoppers: number, seed: number | null): Call => ({
  what: 'Start the load',
  method: 'POST',
  path: '/api/load',
  body: { shoppers, duration: LOAD_DURATION, ...(seed === null ? {} : { seed }) },
});

/** The call as a shell command. The token stays a variable: this line is shown to a room. */
export function curlOf({ method, path, body }: Call, origin: string): string {
  const data = body === undefined ? [] : [`-d '${JSON.stringify(body)}'`];
  return [`curl -X ${method}`, '-H "Authorization: Bearer $TOKEN"', ...data, origin + path].join(' \\\n');
}

/** Makes the call. A refusal, and a console that cannot be reached, are answers too: they say so in words. */
export async function send(call: Call, token: string): Promise<Answer> {
  const init: RequestInit = { method: call.method, headers: { authorization: `Bearer ${token}` } };
  if (call.body !== undefined) init.body = JSON.stringify(call.body);
  try {
    const response = await fetch(call.path, { ...init, signal: AbortSignal.timeout(CALL_LIMIT_MS) });
    const body = parse(await response.text());
    if (response.ok) return { ok: true, body };
    const message = body?.error?.message ?? `the console answered ${response.status}`;
    return { ok: false, status: response.status, message };
  } catch (error) {
    return { ok: false, status: 0, message: `the console cannot be reached (${reason(error)})` };
  }
}

/** The snapshot; throws when there is none to be had. */
export async function fetchState(): Promise<ClusterState> {
  const response = await fetch('/api/state', { signal: AbortSignal.timeout(STATE_LIMIT_MS) });
  if (!response.ok) throw new Error(`/api/state answered ${response.status}`);
  return (await response.json()) as ClusterState;
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
