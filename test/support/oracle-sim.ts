/** Makes random histories of one shopper at a shop that is right, or wrong in one known way. */
import type { HistoryEvent, Line, Observation, Op } from '../../scripts/oracle/history.ts';

/** Shops that do what they promise: a verdict against one of them is a false alarm. */
export const RIGHT_SHOPS = ['exact', 'noRetries'] as const;

/** Shops that are wrong now and then, each in its own way. */
export const WRONG_SHOPS = [
  'appliesTwice',
  'losesSessions',
  'losesSaves',
  'rollsBack',
  'readModifyWrite',
  'twoMemories',
  'overflowsCookies',
  'leaks',
  'appliesWhatItRefuses',
  'bringsBack',
  'garbles',
] as const;

export type ShopName = (typeof RIGHT_SHOPS)[number] | (typeof WRONG_SHOPS)[number];

export const STRANGERS_LINE = 'r.s2.1';

export interface SimOptions {
  seed: number;
  shop: ShopName;
  calls: number;
  tabs: 1 | 2;
  /** How often the session may be lost, rolled back or brought back; without limit if left out. */
  maxMishaps?: number;
}

type Random = () => number;

interface Session {
  user: string | null;
  lines: Line[];
  used: string[];
  cart: number;
  born: string;
}

interface Sim extends SimOptions {
  random: Random;
  /** One per memory; all shops but `twoMemories` use the first. */
  sessions: Session[];
  /** Past sessions, for shops that go back to one. */
  backups: Session[];
  mishaps: number;
  carts: number;
  keys: number;
  sent: number;
  /** Mutations in flight, or of unknown outcome and not seen since. */
  open: Op[];
  /** Those of unknown outcome. */
  pending: Op[];
  shown: string[];
  agenda: { t: number; run: (t: number) => void }[];
  events: HistoryEvent[];
  tellsCartIds: boolean;
}

/** The history of shopper `s1`: same options, same history. Starts with a stranger's add, never answered. */
export function simulate(options: SimOptions): HistoryEvent[] {
  const random = mulberry32(options.seed);
  const session: Session = { user: null, lines: [], used: [], cart: 0, born: 'new' };
  const sim: Sim = {
    ...options,
    random,
    sessions: [session, structuredClone(session)],
    backups: [structuredClone(session)],
    mishaps: 0,
    carts: 0,
    keys: 0,
    sent: 0,
    open: [],
    pending: [],
    shown: [],
    agenda: [],
    events: [],
    tellsCartIds: random() < 0.5,
  };
  for (let tab = 0; tab < options.tabs; tab += 1) at(sim, tab * 3, (t) => send(sim, t));
  for (;;) {
    const next = sim.agenda.sort((a, b) => a.t - b.t).shift();
    if (next === undefined) return sim.events;
    next.run(next.t);
  }
}

/** Small, seeded, good enough: Tommy Ettinger's mulberry32. */
export function mulberry32(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function pick<T>(sim: Sim, choices: readonly T[]): T | undefined {
  return choices[Math.floor(sim.random() * choices.length)];
}

function at(sim: Sim, t: number, run: (t: number) => void): void {
  sim.agenda.push({ t, run });
}

function send(sim: Sim, t: number): void {
  if (sim.sent >= sim.calls) return;
  sim.sent += 1;
  const op = chooseOp(sim);
  const call = { shopper: 's1', call: sim.sent };
  if (op.kind !== 'read' && !sim.open.includes(op)) sim.open.push(op);
  sim.events.push({ type: 'invoke', t, ...call, op });
  const works = t + 1 + sim.random() * 10;
  const ends = works + 1 + sim.random() * 10;
  const fate = sim.random();
  if (fate < 0.68) {
    serve(sim, {
      op,
      t: works,
      ends,
      answer: (obs, now) => answered(sim, { op, obs, event: { t: now, ...call } }),
    });
  } else if (fate < 0.76) {
    const isApplied = sim.shop === 'appliesWhatItRefuses' && sim.random() < 0.5;
    if (isApplied) serve(sim, { op, t: works, ends, answer: () => {} });
    at(sim, ends, (now) => answered(sim, { op, obs: null, event: { t: now, ...call } }));
  } else {
    // Of unknown outcome: never arrives, arrives now, or arrives long after the shopper gave up on it.
    const lands = sim.random();
    const late = lands < 0.4 ? t + sim.random() * 150 : works;
    if (lands < 0.7) serve(sim, { op, t: late, ends: late + 1, answer: () => {} });
    at(sim, ends, (now) => {
      sim.events.push({ type: 'unknown', t: now, ...call, reason: 'timeout' });
      if (op.kind !== 'read' && !sim.pending.includes(op)) sim.pending.push(op);
      sendSoon(sim, now);
    });
  }
}

interface Ending {
  op: Op;
  /** `null`: refused. */
  obs: Observation | null;
  event: { t: number; shopper: string; call: number };
}

function answered(sim: Sim, { op, obs, event }: Ending): void {
  sendSoon(sim, event.t);
  if (obs === null) {
    sim.events.push({ type: 'fail', ...event, reason: 'refused' });
    if (!sim.pending.includes(op)) close(sim, op);
    return;
  }
  sim.events.push({ type: 'ok', ...event, obs });
  sim.shown = obs.cart.lines.map(({ id }) => id);
  for (const done of sim.pending) if (sim.shown.includes(done.key)) close(sim, done);
  close(sim, op);
}

function close(sim: Sim, op: Op): void {
  sim.open = sim.open.filter(({ key }) => key !== op.key);
  sim.pending = sim.pending.filter(({ key }) => key !== op.key);
}

function sendSoon(sim: Sim, t: number): void {
  at(sim, t + sim.random() * 5, (now) => send(sim, now));
}

function chooseOp(sim: Sim): Op {
  const { random, open, pending, shown } = sim;
  const retry = pick(sim, pending);
  if (retry !== undefined && sim.shop !== 'noRetries' && random() < 0.35) return retry;
  sim.keys += 1;
  const key = `r.s1.${sim.keys}`;
  // As the load script does: at most three mutations without an outcome, then reads only.
  if (open.length >= 3) return { key, kind: 'read' };
  const line = pick(sim, shown);
  const dice = random();
  if (line !== undefined && dice < 0.12) return { key, kind: 'set', line, qty: 1 + Math.floor(random() * 3) };
  if (line !== undefined && dice < 0.25) return { key, kind: 'remove', line };
  if (dice < 0.32) return { key, kind: 'checkout' };
  if (dice < 0.37) return { key, kind: 'login', user: 'ann' };
  if (dice < 0.4) return { key, kind: 'logout' };
  if (dice < 0.62) return { key, kind: 'read' };
  return { key, kind: 'add', sku: 'mug', qty: 1 };
}

interface Request {
  op: Op;
  t: number;
  ends: number;
  /** `null`: refused, nothing was applied. */
  answer: (obs: Observation | null, t: number) => void;
}

/** The request reaches the shop at `t` and is answered at `ends`. */
function serve(sim: Sim, { op, t, ends, answer }: Request): void {
  at(sim, t, () => {
    const slot = sim.shop === 'twoMemories' ? Math.floor(sim.random() * 2) : 0;
    const before = mishap(sim, sim.sessions[slot] ?? fresh());
    const after = apply(sim, structuredClone(before), op);
    const save = () => {
      if (after !== null && !(sim.shop === 'losesSaves' && sim.random() < 0.1)) sim.sessions[slot] = after;
    };
    const isSlow = sim.shop === 'readModifyWrite' && op.kind !== 'read';
    if (isSlow) at(sim, t + (ends - t) * sim.random(), save);
    else save();
    const dropped = after !== null && sim.shop === 'overflowsCookies' && after.lines.length > 2;
    if (dropped) sim.sessions[slot] = before;
    if (after !== null) sim.backups.push(structuredClone(after));
    const obs = after === null ? null : garble(sim, answerOf(sim, after));
    if (obs !== null && dropped) obs.droppedCookie = true;
    at(sim, ends, (now) => answer(obs, now));
  });
}

/**
 * What may happen to the session before the request is served. The shop still knows which keys it has seen.
 */
function mishap(sim: Sim, session: Session): Session {
  if (sim.random() > 0.1 || sim.mishaps >= (sim.maxMishaps ?? Number.POSITIVE_INFINITY)) return session;
  sim.mishaps += 1;
  const { used } = session;
  if (sim.shop === 'losesSessions') return { ...fresh(), used };
  if (sim.shop === 'rollsBack') return { ...(pick(sim, sim.backups) ?? session), used };
  if (sim.shop === 'bringsBack') {
    const gone = sim.backups
      .flatMap(({ lines }) => lines)
      .filter((a) => !session.lines.some((b) => a.id === b.id));
    const ghost = pick(sim, gone);
    return ghost === undefined ? session : { ...session, lines: [...session.lines, ghost] };
  }
  return session;
}

/** The cart app. `null`: 404. */
function apply(sim: Sim, session: Session, op: Op): Session | null {
  if (op.kind === 'read') return session;
  if (sim.shop !== 'appliesTwice' && session.used.includes(op.key)) return session;
  if (op.kind === 'set' && !session.lines.some(({ id }) => id === op.line)) return null;
  session.used.push(op.key);
  if (op.kind === 'add') {
    if (session.cart === 0) session.cart = ++sim.carts;
    session.lines.push({ id: op.key, sku: op.sku, qty: op.qty, w: op.key });
  }
  if (op.kind === 'set') {
    session.lines = session.lines.map((line) =>
      line.id === op.line ? { ...line, qty: op.qty, w: op.key } : line,
    );
  }
  if (op.kind === 'remove') session.lines = session.lines.filter(({ id }) => id !== op.line);
  if (op.kind === 'login') session.user = op.user;
  if (op.kind === 'logout') session.user = null;
  if (op.kind === 'checkout' || op.kind === 'logout')
    Object.assign(session, { lines: [], cart: 0, born: op.key });
  return session;
}

function fresh(): Session {
  return { user: null, lines: [], used: [], cart: 0, born: 'new' };
}

function answerOf(sim: Sim, { user, lines, cart, born }: Session): Observation {
  const id = sim.tellsCartIds ? { id: cart === 0 ? null : `c${cart}` } : {};
  return { user, cart: { ...id, born, lines: structuredClone(lines) } };
}

/** What may happen to the answer on its way. */
function garble(sim: Sim, obs: Observation): Observation {
  if (sim.shop === 'leaks' && sim.random() < 0.1) {
    obs.cart.lines.push({ id: STRANGERS_LINE, sku: 'pen', qty: 1, w: STRANGERS_LINE });
  }
  if (sim.shop !== 'garbles' || sim.random() > 0.15) return obs;
  const { lines } = obs.cart;
  const line = pick(sim, lines);
  const how = Math.floor(sim.random() * 6);
  if (line === undefined || how === 0) obs.user = obs.user === null ? 'ann' : null;
  else if (how === 1) lines.splice(lines.indexOf(line), 1);
  else if (how === 2) lines.push({ ...line });
  else if (how === 3) line.qty += 1;
  else if (how === 4) line.w = line.id;
  else line.sku = 'cup';
  return obs;
}
