/** Who may make which call. Pure: what is proven about the caller is an argument. */
export interface CallFacts {
  /** others in the network can reach this port */
  lan: boolean;
  method: string;
  path: string;
  /** the caller has shown the run's token, or one that the PIN was given for */
  instructor: boolean;
}

/** The calls of a phone, which has a key of its own, and the way to become the instructor. */
const OPEN = [/^\/api\/phones\/(names|join|me|me\/cart|me\/vote)$/, /^\/api\/session$/];

/** EventSource and downloads cannot send a header: there the token may come as `?key=`. */
const KEY_IN_ADDRESS = [/^\/api\/(events|state)$/, /^\/api\/runs\/[^/]+\/events$/];

/**
 * Pages hold no secret. Everything else of ours is under /api: changing wants an instructor, and so does reading where
 * others can reach us. What is not named here is refused, whoever adds a route.
 */
export function mayPass({ lan, method, path, instructor }: CallFacts): boolean {
  if (instructor || !/^\/api(\/|$)/i.test(path)) return true;
  if (OPEN.some((open) => open.test(path))) return true;
  return isReading(method) && !lan;
}

export const mayCarryKey = (method: string, path: string): boolean =>
  method === 'GET' && KEY_IN_ADDRESS.some((known) => known.test(path));

const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD';
