import type { FreeNames, Joined, PhoneCart, PhoneView } from '../../contract.ts';

/** `status` 0 = nobody answered. */
export type Told<T> = { ok: true; body: T } | { ok: false; status: number; message: string };

const LIMIT_MS = 4000;

export const freeNames = (): Promise<Told<FreeNames>> => call('GET', '/names', null);
export const join = (name: string): Promise<Told<Joined>> => call('POST', '/join', null, { name });
export const whatIsNew = (key: string): Promise<Told<PhoneView>> => call('GET', '/me', key);
export const tellCart = (key: string, cart: PhoneCart): Promise<Told<unknown>> =>
  call('PUT', '/me/cart', key, cart);
export const choose = (key: string, vote: string, option: number): Promise<Told<unknown>> =>
  call('PUT', '/me/vote', key, { vote, option });
export const leave = (key: string): Promise<Told<unknown>> => call('DELETE', '/me', key);

async function call<T>(method: string, path: string, key: string | null, body?: object): Promise<Told<T>> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    const response = await fetch(`/api/phones${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await response.text();
    const parsed = text === '' ? null : JSON.parse(text);
    if (response.ok) return { ok: true, body: parsed };
    return {
      ok: false,
      status: response.status,
      message: parsed?.error?.message ?? `it answered ${response.status}`,
    };
  } catch {
    return { ok: false, status: 0, message: 'The control room does not answer.' };
  }
}
