import type { Op } from '../../../../scripts/oracle/history.ts';
import type { PhoneView } from '../../contract.ts';
import type { Ledger, Loss, Place, Seen } from './ledger.ts';
import { type Row, rowsOf } from './rows.ts';

/** What the page says. Pure; only what answers and the console told: why something is gone is never guessed. */

export interface Banner {
  mood: 'calm' | 'broken' | 'error' | 'waiting';
  headline: string;
  reason: string;
}

/** The last request came to nothing, or nobody knows to what. */
export interface Trouble {
  op: Op;
  outcome: 'fail' | 'unknown';
  /** null = no complete answer came */
  status: number | null;
  servedBy: string | null;
  /** what the shop or the proxy says about it */
  message: string | null;
}

export interface Situation {
  ledger: Ledger;
  trouble: Trouble | null;
  waiting: { op: Op; since: number } | null;
  deaths: PhoneView['deaths'];
  /** the phone slept while the shop was asked, since then (wall clock ms) */
  asleepSince: number | null;
  now: number;
}

/** So long nobody notices that anything waits. */
const NOTICED_MS = 1000;

export const items = (count: number): string => (count === 1 ? '1 item' : `${count} items`);
export const total = (rows: Row[], side: 'put' | 'says'): number =>
  rows.reduce((sum, row) => sum + row[side], 0);
/** 24 hours, in the phone's own zone: "10:42:07". */
export const clock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');

export function bannerOf(situation: Situation): Banner {
  const { ledger, trouble, waiting, now } = situation;
  if (waiting !== null && now - waiting.since >= NOTICED_MS) return waitingBanner(waiting, ledger, now);
  if (trouble !== null) return troubleBanner(trouble, situation.asleepSince);
  if (ledger.loss !== null) return brokenBanner(ledger, ledger.loss, situation.deaths);
  if (ledger.seen === null)
    return { mood: 'calm', headline: 'Asking the shop…', reason: 'You get a new cart.' };
  if (ledger.mine.length > 0)
    return { mood: 'calm', headline: 'Your cart is right', reason: home(ledger.seen) };
  const reason = 'Put something in, and see whether the shop remembers.';
  return { mood: 'calm', headline: 'Your cart is empty', reason };
}

function home({ replica, sessions, letters }: Seen): string {
  if (sessions === 'redis') return `Your session lives in Redis. ${replica} fetched it for you.`;
  if (sessions === 'cookie')
    return `Your phone carries the cart itself, in a signed cookie. ${replica} read it.`;
  // V: the pin cookie was obeyed; I at the end: one was set just now.
  const isPinned = letters !== null && (letters.startsWith('V') || letters.endsWith('I'));
  return `Your session lives in the memory of ${replica}.${isPinned ? ' A cookie brings you back to it.' : ''}`;
}

function waitingBanner({ op, since }: { op: Op; since: number }, { seen }: Ledger, now: number): Banner {
  const seconds = Math.floor((now - since) / 1000);
  const where = seen?.sessions === 'memory' ? ` ${seen.replica} answered you last.` : '';
  return {
    mood: 'waiting',
    headline: 'Waiting for the shop…',
    reason: `${seconds} s without an answer to “${DOING[op.kind]}”.${where}`,
  };
}

const DOING: Record<Op['kind'], string> = {
  add: 'add',
  set: 'change',
  remove: 'remove',
  checkout: 'check out',
  login: 'log in',
  logout: 'new cart',
  read: 'what is in my cart?',
};

const WAS_IT: Record<Op['kind'], string> = {
  add: 'Was it added?',
  set: 'Was it changed?',
  remove: 'Was it removed?',
  checkout: 'Was it ordered?',
  login: 'Are you logged in?',
  logout: 'Is the cart new?',
  read: '',
};

function troubleBanner(
  { op, outcome, status, servedBy, message }: Trouble,
  asleepSince: number | null,
): Banner {
  if (outcome === 'fail') {
    const said = message === null ? '' : `${servedBy === null ? 'The proxy' : servedBy} says: ${message} `;
    return { mood: 'error', headline: 'The shop refused that', reason: `${said}Nothing was changed.` };
  }
  const fate = op.kind === 'read' ? 'What is in your cart is not known now.' : `${WAS_IT[op.kind]} Unknown.`;
  if (asleepSince !== null) {
    const reason = `It was asleep since ${clock(asleepSince)} and did not hear the answer. ${fate}`;
    return { mood: 'error', headline: 'Your phone slept', reason };
  }
  const headline =
    status === null || status === 504 ? 'The shop did not answer' : 'The shop could not do that';
  return { mood: 'error', headline, reason: fate };
}

function brokenBanner(ledger: Ledger, loss: Loss, deaths: PhoneView['deaths']): Banner {
  const wrong = rowsOf(ledger).filter(({ gone, extra }) => gone > 0 || extra > 0);
  const silent = loss.status === 200 ? ' The answer said 200 OK.' : '';
  const again =
    wrong.length === 0 && ledger.seen !== null
      ? ` Just now ${ledger.seen.replica} answered, and has it.`
      : '';
  const reason = `${causeOf(loss, deaths)}${silent}${again}`;
  return { mood: 'broken', headline: lossText(ledger, loss, wrong.length > 0), reason };
}

/** What is put in after a loss is in the cart, but does not make it the old one. */
function lossText({ seen }: Ledger, { had }: Loss, isWrong: boolean): string {
  const there = new Set(seen?.lines.map(({ id }) => id));
  const left = had.filter((id) => there.has(id)).length;
  if (left === had.length) return `Your cart ${isWrong ? 'is' : 'was'} not what you put in`;
  return left === 0 ? 'Your cart is gone' : 'Part of your cart is gone';
}

/** Fact, then cause; a cause only if somebody told us of a death. */
export function causeOf({ was, now, gone }: Loss, deaths: PhoneView['deaths']): string {
  if (gone === 0) return `${now.replica} answered with more than you put in.`;
  if (was === null) return `${now.replica} answered with another cart than you put in.`;
  if (was.sessions !== now.sessions)
    return `Your session lived in ${PLACES[was.sessions](was)}. Now sessions live in ${PLACES[now.sessions](now)}; your cart did not move.`;
  if (was.sessions === 'redis')
    return `Your session lived in Redis. ${now.replica} asked Redis, and it does not have your cart.`;
  if (was.sessions === 'cookie')
    return `Your phone carried the cart itself. ${now.replica} answered with another one.`;
  const death = deaths.find(({ life }) => life === was.boot);
  if (death === undefined) return withoutDeath(was, now);
  const fate = `Your session lived in ${was.replica}. It was ${death.how} at ${clock(death.at)}.`;
  return was.replica === now.replica
    ? `${fate} It came back with an empty memory.`
    : `${fate} ${now.replica} answered, and had never seen your cart.`;
}

function withoutDeath(was: Place, now: Place): string {
  if (was.boot === now.boot) return `${was.replica} had your cart, and now it does not.`;
  if (was.replica !== now.replica)
    return `${was.replica} had your cart; ${now.replica} answered and does not know it.`;
  return `${was.replica} had your cart; it has begun a new life and does not know it.`;
}

const PLACES: Record<Place['sessions'], (place: Place) => string> = {
  memory: ({ replica }) => `the memory of ${replica}`,
  redis: () => 'Redis',
  cookie: () => 'the shopper’s own cookie',
};
/** Where the session lives, as short as a row of facts. */
export const placeText = (seen: Seen): string =>
  seen.sessions === 'memory'
    ? `memory of ${seen.replica}`
    : seen.sessions === 'redis'
      ? 'Redis'
      : 'your own cookie';
