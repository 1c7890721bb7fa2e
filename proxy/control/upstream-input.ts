import { badRequest } from '../../lib/api-error.ts';
import type { UpstreamAddress } from '../contract.ts';
import { MAX_NAMES, MAX_WEIGHT } from '../pool.ts';

/** An id travels in a cookie and in header fields. */
const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** Node makes a header field of it with each request, and throws on what is not fit for one. */
const HOST = /^[A-Za-z0-9._:-]{1,253}$/;

/** Ids and boots: "shop-2#5". */
const MAX_LIFE = 128;

/** Prometheus has the proxy's own answers, and the queue for anybody, under these in place of the name of an upstream. */
const RESERVED = new Set(['proxy', 'any']);

/** The longest an ALB waits for a target that is deregistered. */
const MAX_DEADLINE_MS = 3_600_000;

/** What the operator wants of one upstream; absent = as it is. */
export interface Wish {
  admin?: 'ready' | 'drain';
  /** see UpstreamView */
  weight?: number;
  /** for a drain; absent = as the flag says */
  deadlineMs?: number;
}

/** The whole list of upstreams. Throws ApiError. */
export function readAddresses(body: unknown): UpstreamAddress[] {
  if (!Array.isArray(body) || !body.every(isAddress)) {
    throw badRequest('bad_upstreams', 'expected a list of {"id","life","host","port"}');
  }
  if (body.length > MAX_NAMES) {
    throw badRequest('bad_upstreams', `expected ${MAX_NAMES} upstreams at most, got ${body.length}`);
  }
  const odd = body.find(({ id }) => !NAME.test(id) || RESERVED.has(id));
  if (odd)
    throw badRequest(
      'bad_upstreams',
      `expected an id of letters, digits, ".", "_" and "-" other than ${[...RESERVED].join(', ')}, got "${odd.id}"`,
    );
  const lost = body.find(({ host }) => !HOST.test(host));
  if (lost)
    throw badRequest('bad_upstreams', `expected a host name or an address, got ${JSON.stringify(lost.host)}`);
  const ids = new Set(body.map(({ id }) => id));
  if (ids.size !== body.length) throw badRequest('bad_upstreams', 'two upstreams have the same id');
  return body.map(({ id, life, host, port }) => ({ id, life, host, port }));
}

function isAddress(value: unknown): value is UpstreamAddress {
  const { id, life, host, port } = (value ?? {}) as Record<string, unknown>;
  const texts = [id, life, host].every((text) => typeof text === 'string' && text !== '');
  return (
    texts &&
    (life as string).length <= MAX_LIFE &&
    Number.isInteger(port) &&
    (port as number) > 0 &&
    (port as number) < 65_536
  );
}

/** What the operator wants of one upstream: at least one thing. Throws ApiError, and then nothing of it is wanted. */
export function readWish(body: unknown): Wish {
  const { admin, weight, deadlineMs } = (body ?? {}) as Record<string, unknown>;
  const isWish =
    (admin !== undefined || weight !== undefined) &&
    (admin === undefined || admin === 'ready' || admin === 'drain') &&
    (weight === undefined || isWeight(weight)) &&
    (deadlineMs === undefined || (admin === 'drain' && isDeadline(deadlineMs)));
  if (!isWish) throw badRequest('bad_wish', `${EXPECTED}, got ${JSON.stringify(body)}`);
  return {
    ...(admin !== undefined && { admin }),
    ...(weight !== undefined && { weight }),
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
}

const EXPECTED = `expected {"admin":"drain"} or {"admin":"ready"}, a drain perhaps with "deadlineMs" from 0 (none) to ${MAX_DEADLINE_MS}; or {"weight":N} with N from 0 (no new clients) to ${MAX_WEIGHT}, 100 is usual; or both`;

const isWeight = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_WEIGHT;

const isDeadline = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_DEADLINE_MS;
