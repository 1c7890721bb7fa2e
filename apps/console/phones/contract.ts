import type { CartLook } from '../../../scripts/load/contract.ts';

/** What the phones of a class rely on. They talk to the shop through the proxy, and to the console only like this. */

/** `POST /api/phones/join {name}` → 201. `key` is the phone's own, for `Authorization: Bearer`. */
export interface Joined {
  id: string;
  name: string;
  key: string;
}

/** `GET /api/phones/names`: some that are free, drawn from a list of ours; nobody writes a name. */
export interface FreeNames {
  names: string[];
  students: number;
  limit: number;
}

/** Body of the 409 of `POST /api/phones/join` when somebody was quicker. */
export interface NameTaken {
  error: { code: 'name_taken'; message: string };
  /** some that are free */
  names: string[];
}

/** `GET /api/phones/me` (key): asked every two seconds, all a phone gets to know. */
export interface PhoneView {
  name: string;
  /** port of the shop on the host this came from; null = played back from a recording, there is no shop */
  shopPort: number | null;
  /** where sessions live, in words; null = the proxy does not say */
  sessions: string | null;
  vote: VoteView | null;
  /** the option this phone chose, by its place; null = not yet */
  chosen: number | null;
  /** lives of replicas that ended: how and when (wall clock ms), newest last */
  deaths: { life: string; how: string; at: number }[];
  /** when the run of the cluster began (wall clock ms): another time is another cluster, which knows no cart of before */
  startedAt: number;
  /** when the cluster was last put back (wall clock ms): carts of before are void, and nobody broke them; null = never */
  resetAt: number | null;
}

/** `PUT /api/phones/me/cart` (key): what the phone's own oracle says of its cart. Told on change, at most twice a second. */
export interface PhoneCart {
  on: string | null;
  cart: CartLook;
  items: number;
  /** it broke with an answer of status 200 */
  silent: boolean;
}

/** `PUT /api/phones/me/vote {vote, option}` (key). */
export interface VoteView {
  id: string;
  question: string;
  options: string[];
  /** how many chose each */
  counts: number[];
  open: boolean;
  /** the option that came true, by its place, once somebody said so */
  came: number | null;
}

export type PhoneEvent =
  | { type: 'student.joined'; id: string; name: string }
  | { type: 'student.left'; id: string; name: string; why: string }
  | ({ type: 'student.cart'; id: string; name: string } & PhoneCart)
  /** opened, counted (at most twice a second), closed, decided or taken away */
  | { type: 'vote.changed'; vote: VoteView | null };
