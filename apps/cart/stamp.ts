import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { STAMP } from './contract.ts';

/** The settings a request came with. */
export interface Stamp {
  /** 0 for a request without a believed stamp */
  epoch: number;
  /** name of a session mode; unknown ones are refused where a session is opened */
  sessions: string;
}

/**
 * Reads what the proxy stamped on a request. Without the cluster's secret the headers are a client's own words
 * and are ignored: otherwise any shopper could choose where their session lives.
 */
export function readStamp(
  headers: IncomingHttpHeaders,
  options: { clusterSecret: string | null; defaultSessions: string },
): Stamp {
  const sent = headers[STAMP.secret];
  const unstamped = { epoch: 0, sessions: options.defaultSessions };
  if (options.clusterSecret === null || !equalSecrets(sent, options.clusterSecret)) return unstamped;
  const epoch = Number(headers[STAMP.epoch]);
  return {
    epoch: Number.isSafeInteger(epoch) && epoch >= 0 ? epoch : 0,
    sessions: headers[STAMP.sessions]?.toString() ?? options.defaultSessions,
  };
}

/** Digests first: timingSafeEqual wants equal lengths, and the length of a secret is part of it. */
function equalSecrets(sent: string | string[] | undefined, secret: string): boolean {
  return typeof sent === 'string' && timingSafeEqual(digest(sent), digest(secret));
}

const digest = (text: string) => createHash('sha256').update(text).digest();
