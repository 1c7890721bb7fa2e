/** The banner's sentences. Pure; facts only: why something is lost is for the class to find out. */

export const items = (count) => (count === 1 ? '1 item' : `${count} items`);
export const sum = (rows, side) => rows.reduce((total, line) => total + (line[side] ?? 0), 0);

/** `rows` as ledger.compare makes them, `answer` as the shop gave it. */
export function cartBanner({ rows, ledger, answer }) {
  const wrong = rows.some(({ state }) => state !== 'right') || ledger.user !== answer.user;
  if (wrong) return brokenBanner(rows, ledger, answer);
  if (rows.length > 0) {
    return {
      mood: 'calm',
      headline: 'Your cart is right',
      reason: PLACES[answer.sessions]?.(answer.servedBy) ?? '',
    };
  }
  return {
    mood: 'calm',
    headline: 'Your cart is empty',
    reason: 'Put something in, and see whether the shop remembers.',
  };
}

/** For a request that was refused, or whose outcome nobody knows. */
export function troubleBanner({ outcome, code, message, servedBy }) {
  const unknown = code === 'no_answer' ? 'The shop did not answer' : 'The shop could not do that';
  const headline = outcome === 'fail' ? 'The shop refused that' : unknown;
  return {
    mood: 'error',
    headline,
    reason: `${servedBy ? `${servedBy} says: ` : ''}${message}`,
    canAsk: true,
  };
}

const PLACES = {
  memory: (replica) => `Your session lives in the memory of ${replica}.`,
  redis: (replica) => `Your session lives in Redis. ${replica} fetched it for you.`,
  cookie: (replica) => `Your browser carries the cart itself, in a signed cookie. ${replica} read it.`,
};

function brokenBanner(rows, ledger, answer) {
  const gone = rows.filter(({ state }) => state === 'gone');
  const facts = [
    gone.length > 0 && `${sum(gone, 'put')} of ${items(sum(rows, 'put'))} gone`,
    rows.some(({ state }) => state === 'other') && 'a quantity is not yours',
    rows.some(({ state }) => state === 'extra') && 'it has what you did not put in',
    ledger.user !== answer.user && `it takes you for ${answer.user ?? 'a stranger'}`,
  ].filter(Boolean);
  const reason = `${answer.boot} answered 200 OK: ${facts.join(' and ')}.${keepers(gone)}`;
  return { mood: 'broken', headline: brokenHeadline(rows, gone), reason, canAccept: true };
}

/** The same words as on the phones of a class. */
function brokenHeadline(rows, gone) {
  if (gone.length === 0) return 'Your cart is not what you put in';
  const isAll = gone.length === rows.filter(({ put }) => put !== null).length;
  return isAll ? 'Your cart is gone' : 'Part of your cart is gone';
}

/** Who had promised to keep what is gone. */
function keepers(gone) {
  const boots = [...new Set(gone.map(({ by }) => by))].filter((boot) => boot !== null);
  return boots.length > 0 ? ` What is gone was kept by ${boots.join(' and ')}.` : '';
}
