/**
 * A refusal of one of the JSON APIs: `{ "error": { "code", "message" } }` with an HTTP status. The same class on
 * both sides: servers throw it, callers receive it.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const badRequest = (code: string, message: string): ApiError => new ApiError(400, code, message);
export const notFound = (message: string): ApiError => new ApiError(404, 'not_found', message);
