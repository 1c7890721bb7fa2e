/**
 * The instructor's token comes in the address printed at start (`/control#token=…`). The fragment is never sent to
 * a server; it is cleared so that it is not read off a projector or left in the history, and kept for this tab.
 */
const KEY = 'cartwreck.token';

export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return sessionStorage.getItem(KEY);
  keepToken(given);
  history.replaceState(null, '', location.pathname + location.search);
  return given;
}

export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token);
export const dropToken = (): void => sessionStorage.removeItem(KEY);
