import { RuntimeError } from '../runtime.ts';

/** The engine's refusals in its own words. "Not modified" (it is so already) is a success. */
export async function attempt<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { statusCode, json, message } = error as Error & {
      statusCode?: number;
      json?: { message?: string };
    };
    if (statusCode === 304) return undefined as T;
    const reason = statusCode === 404 ? 'not-found' : 'failed';
    throw new RuntimeError(reason, `Docker could not ${what}: ${json?.message ?? message}`);
  }
}
