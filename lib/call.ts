import { ApiError } from './api-error.ts';

const DEFAULT_TIMEOUT_MS = 10_000;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Call {
  method?: Method;
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

/**
 * Calls one of the control plane's JSON APIs and resolves to the parsed answer. A refusal is thrown as the
 * ApiError the server sent; a server that cannot be reached is an ApiError with status 0, code "unreachable".
 */
export async function callApi<T = unknown>(url: string, call: Call = {}): Promise<T> {
  const { method = 'GET', body, token, timeoutMs = DEFAULT_TIMEOUT_MS } = call;
  const headers: Record<string, string> = { ...call.headers };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    throw new ApiError(0, 'unreachable', `${method} ${url} got no answer: ${reason(error)}`);
  }
  const parsed = parse(text);
  if (response.ok) return parsed as T;
  const { code = 'http_error', message = text.slice(0, 200) } = (parsed as ErrorBody)?.error ?? {};
  throw new ApiError(response.status, code, message);
}

interface ErrorBody {
  error?: { code?: string; message?: string };
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function reason(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } };
  return name === 'TimeoutError' ? 'it took too long' : (cause?.code ?? message);
}
