import { RuntimeError } from '../runtime.ts';

/**
 * The engine's refusals in its own words. "Not modified" (it is so already) is a success. `advice`: what to do next, by
 * the status of the refusal.
 */
export async function attempt<T>(
  what: string,
  call: Promise<T>,
  advice: Readonly<Record<number, string>> = {},
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { statusCode, json, message } = error as Error & {
      statusCode?: number;
      json?: { message?: string };
    };
    if (statusCode === 304) return undefined as T;
    const reason = statusCode === 404 ? 'not-found' : 'failed';
    const next = advice[statusCode ?? 0];
    const said = `Docker could not ${what}: ${(json?.message ?? message).trim()}`;
    throw new RuntimeError(reason, next === undefined ? said : `${said.replace(/\.?$/, '.')} ${next}`);
  }
}
