import { z } from 'zod';
import { badRequest } from './api-error.ts';

/** The body as the schema says, or a 400 that names every field that is wrong. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw badRequest('bad_body', z.prettifyError(parsed.error).replaceAll('\n', ' '));
}
