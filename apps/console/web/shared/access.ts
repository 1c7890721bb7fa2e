import type { Answer } from './api.ts';

/**
 * What opens the control room to this tab: the token from the address printed at start (`#token=…`), or what the PIN was
 * exchanged for. The fragment is never sent to a server; it is cleared so that it is not read off a projector or left in
 * the history. No cookie: cookies ignore ports, and one of the console would travel to the shop.
 */
const KEY = 'cartwreck.token';
const LIMIT_MS = 5000;
/** Shown in the terminal, and nowhere else. A token is longer. */
const PIN = /^\d{6}$/;

export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return sessionStorage.getItem(KEY);
  keepToken(given);
  history.replaceState(null, '', location.pathname + location.search);
  return given;
}

export const theToken = (): string | null => sessionStorage.getItem(KEY);
export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token);
export const dropToken = (): void => sessionStorage.removeItem(KEY);

/** Headers of a call: none while nobody has given a key. */
export function keyHeaders(): Record<string, string> {
  const token = theToken();
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** An address for an EventSource, which sends no headers of ours. */
export function withKey(path: string): string {
  const token = theToken();
  if (token === null) return path;
  return `${path}${path.includes('?') ? '&' : '?'}key=${encodeURIComponent(token)}`;
}

/** Opens another of our pages in a tab of its own, which need not ask for the key: it takes it out of its address. */
export function openWithKey(path: string): void {
  const token = theToken();
  open(token === null ? path : `${path}#token=${encodeURIComponent(token)}`);
}

/** Takes what somebody typed: a PIN is exchanged for a token, anything else is one. What it says is for people. */
export async function giveKey(typed: string): Promise<Answer> {
  const text = typed.replaceAll(/\s/g, '');
  if (!PIN.test(text)) {
    keepToken(text);
    return { ok: true, body: null };
  }
  try {
    const response = await fetch('/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pin: text }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const body = await response.json().catch(() => null);
    if (response.ok && typeof body?.token === 'string') {
      keepToken(body.token);
      return { ok: true, body: null };
    }
    const message = body?.error?.message ?? `the console answered ${response.status}`;
    return { ok: false, status: response.status, message };
  } catch {
    return { ok: false, status: 0, message: 'the console cannot be reached; is it running?' };
  }
}
