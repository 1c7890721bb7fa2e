import { randomBytes } from 'node:crypto';
import { SESSION_MODES, type SessionModeName } from './contract.ts';

/** One key of the signed cookie; `kid` is its public name inside the cookie. */
export interface CookieKey {
  kid: string;
  secret: string;
}

/** All a replica is told at birth. Settings that change while it lives arrive with each request (stamp.ts). */
export interface Config {
  /** 0 = any free port */
  port: number;
  host: string;
  replicaId: string;
  bootId: string;
  /** null = no stamp is ever believed */
  clusterSecret: string | null;
  sessionSecret: string;
  /** the first signs, all verify */
  cookieKeys: [CookieKey, ...CookieKey[]];
  cookiePrefix: string;
  redisUrl: string | null;
  /** session mode of a request without a believed stamp */
  defaultSessions: SessionModeName;
  sessionTtlSeconds: number;
  logLevel: string;
  /** names of the secrets that were missing and are random for this boot */
  madeUp: string[];
}

/** A variable that cannot be used; the message is for the person who set it. */
export class ConfigError extends Error {}

export type Env = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const LABEL = /^[A-Za-z0-9_-]{1,32}$/;
const BOOT = /^[A-Za-z0-9_#.-]{1,48}$/;
const HOST = /^[A-Za-z0-9.:-]{1,255}$/;
const PORT_MAX = 65_535;
const TTL_SECONDS_MAX = 365 * 86_400;

/** Reads the environment. Throws ConfigError at the first variable that cannot be used. */
export function readConfig(env: Env): Config {
  const replicaId = matching(env, { name: 'REPLICA_ID', pattern: LABEL, fallback: 'shop-1' });
  const madeUp = ['SESSION_SECRET', 'COOKIE_KEYS'].filter((name) => !env[name]);
  return {
    port: whole(env, { name: 'PORT', min: 0, max: PORT_MAX, fallback: 0 }),
    host: matching(env, { name: 'HOST', pattern: HOST, fallback: '127.0.0.1' }),
    replicaId,
    bootId: matching(env, { name: 'BOOT_ID', pattern: BOOT, fallback: `${replicaId}#1` }),
    clusterSecret: env.CARTWRECK_SECRET || null,
    sessionSecret: env.SESSION_SECRET || randomSecret(),
    cookieKeys: readCookieKeys(env.COOKIE_KEYS),
    cookiePrefix: matching(env, { name: 'COOKIE_PREFIX', pattern: LABEL, fallback: 'cw' }),
    redisUrl: redisUrl(env.REDIS_URL),
    defaultSessions: oneOf(env, { name: 'SESSIONS', allowed: SESSION_MODES, fallback: 'memory' }),
    sessionTtlSeconds: whole(env, {
      name: 'SESSION_TTL_SECONDS',
      min: 1,
      max: TTL_SECONDS_MAX,
      fallback: 86_400,
    }),
    logLevel: oneOf(env, { name: 'LOG_LEVEL', allowed: LOG_LEVELS, fallback: 'info' }),
    madeUp,
  };
}

const randomSecret = () => randomBytes(32).toString('base64url');

function whole(env: Env, rule: { name: string; min: number; max: number; fallback: number }): number {
  const text = env[rule.name];
  if (!text) return rule.fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= rule.min && value <= rule.max) return value;
  throw refused(rule.name, `a whole number from ${rule.min} to ${rule.max}`, text);
}

function matching(env: Env, rule: { name: string; pattern: RegExp; fallback: string }): string {
  const text = env[rule.name];
  if (!text) return rule.fallback;
  if (rule.pattern.test(text)) return text;
  throw refused(rule.name, `text matching ${rule.pattern.source}`, text);
}

function oneOf<T extends string>(env: Env, rule: { name: string; allowed: readonly T[]; fallback: T }): T {
  const text = env[rule.name];
  if (!text) return rule.fallback;
  const found = rule.allowed.find((value) => value === text);
  if (found !== undefined) return found;
  throw refused(rule.name, `one of ${rule.allowed.join(', ')}`, text);
}

/** Never repeats what came: it may hold a password. */
function redisUrl(text: string | undefined): string | null {
  if (!text) return null;
  if (URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)) return text;
  throw new ConfigError(
    'REDIS_URL: expected redis://host:port (or rediss://), got a text that is no such address. Leave it empty for no Redis.',
  );
}

/** `kid:secret,kid2:secret2`. The message names the entry by its place, never by its content. */
export function readCookieKeys(text: string | undefined): [CookieKey, ...CookieKey[]] {
  const [first, ...rest] = (text || `boot:${randomSecret()}`).split(',').map((entry, index) => {
    const colon = entry.indexOf(':');
    const [kid, secret] = [entry.slice(0, colon), entry.slice(colon + 1)];
    if (colon > 0 && LABEL.test(kid) && secret !== '') return { kid, secret };
    throw new ConfigError(
      `COOKIE_KEYS: expected kid:secret,kid2:secret2 with kids matching ${LABEL.source}; entry ${index + 1} is not like that.`,
    );
  });
  if (!first) throw new ConfigError('COOKIE_KEYS: expected at least one kid:secret, got none.');
  const kids = [first, ...rest].map((key) => key.kid);
  if (new Set(kids).size === kids.length) return [first, ...rest];
  throw new ConfigError(`COOKIE_KEYS: expected every kid once, got ${kids.join(', ')}.`);
}

const refused = (name: string, expected: string, came: string) =>
  new ConfigError(`${name}: expected ${expected}, got ${JSON.stringify(came)}.`);
