import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { addLine, type CartRefusal, cartAfter, removeLine, setQuantity } from './cart.ts';
import type { CartAnswer, CartState, SessionModeName } from './contract.ts';
import { Refusal } from './errors.ts';
import { readOpId, readQty, readSku, readUser } from './input.ts';
import type { Sessions } from './sessions/index.ts';
import type { SessionData } from './sessions/mode.ts';
import type { Stamp } from './stamp.ts';

/** Who answers. */
export interface Identity {
  replicaId: string;
  bootId: string;
}

/** The handlers of the cart API. `stampOf` gives the settings a request came with. */
export function cartApi(options: {
  identity: Identity;
  sessions: Sessions;
  stampOf: (res: Response) => Stamp;
}) {
  const { identity, sessions, stampOf } = options;

  const answer = (res: Response, mode: SessionModeName, data: SessionData) => {
    const body: CartAnswer = {
      user: data.user,
      cart: data.cart,
      servedBy: identity.replicaId,
      boot: identity.bootId,
      epoch: stampOf(res).epoch,
      sessions: mode,
    };
    res.json(body);
  };

  const read: RequestHandler = async (req, res) => {
    const mode = sessions.mode(stampOf(res).sessions);
    const { data } = await mode.open(req, res);
    answer(res, mode.name, data);
  };

  /** Read the request, open, change, keep, and only then answer: an answer is a promise that the change is kept. */
  const mutation =
    ({ plan, keep }: Mutation): RequestHandler =>
    async (req, res) => {
      const opId = readOpId(req);
      const change = plan(req, opId);
      const mode = sessions.mode(stampOf(res).sessions);
      const session = await mode.open(req, res);
      session.data = change(session.data);
      await session[keep]();
      answer(res, mode.name, session.data);
    };

  return { read, mutation };
}

interface Mutation {
  /** Checks what the request brings before any store is asked; what it returns makes the change. */
  plan: (req: Request, opId: string) => (before: SessionData) => SessionData;
  /** `renew` where the shopper's rights change: an id known from before must be worth nothing after. */
  keep: 'save' | 'renew';
}

export const MUTATIONS = {
  add: {
    keep: 'save',
    plan: (req, opId) => {
      const add = { opId, sku: readSku(req), qty: readQty(req), freshId: freshId() };
      return ({ user, cart }) => ({ user, cart: accepted(addLine(cart, add)) });
    },
  },
  set: {
    keep: 'save',
    plan: (req, opId) => {
      const set = { opId, lineId: lineIdOf(req), qty: readQty(req) };
      return ({ user, cart }) => ({ user, cart: accepted(setQuantity(cart, set)) });
    },
  },
  remove: {
    keep: 'save',
    plan: (req) => {
      const lineId = lineIdOf(req);
      return ({ user, cart }) => ({ user, cart: accepted(removeLine(cart, lineId)) });
    },
  },
  checkout: {
    keep: 'save',
    plan: (_req, opId) => (before) => ({ user: before.user, cart: cartAfter(opId, freshId()) }),
  },
  login: {
    keep: 'renew',
    plan: (req) => {
      const user = readUser(req);
      return (before) => ({ user, cart: before.cart });
    },
  },
  // The fresh anonymous session is saved, though it holds nothing: its cart's `born` is how a shopper tells a
  // logout that landed from a session that was lost.
  logout: {
    keep: 'renew',
    plan: (_req, opId) => () => ({ user: null, cart: cartAfter(opId, freshId()) }),
  },
} as const satisfies Record<string, Mutation>;

/** Long enough that no two shoppers of any class ever share one: a shared id reads as a leak. */
const freshId = () => randomBytes(8).toString('hex');

const lineIdOf = (req: Request) => String(req.params.id);

function accepted(outcome: CartState | CartRefusal): CartState {
  if (typeof outcome === 'string') throw new Refusal(outcome);
  return outcome;
}
