import type { z } from 'zod';
import { badRequest } from './api-error.ts';

/** The body as the schema says, or a 400 that names every field that is wrong. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw badRequest('bad_body', wrong.join('; '));
}
