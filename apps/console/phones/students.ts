import { randomBytes } from 'node:crypto';
import { ApiError, badRequest } from '../../../lib/api-error.ts';
import { digest } from '../../../lib/secret.ts';
import type { Joined, PhoneCart, PhoneEvent } from './contract.ts';
import { drawNames, MAX_STUDENTS, NAMES } from './names.ts';
import { type Seat, seatToGive } from './seats.ts';

export interface Student {
  id: string;
  name: string;
  cart: PhoneCart;
}

/** A phone in a pocket asks for nothing; after this it has gone home. */
export const SILENCE_MS = 2 * 60_000;
/** What one screen of a phone offers. */
const OFFERED = 12;
const NO_CART: PhoneCart = { on: null, cart: 'none', items: 0, silent: false };

/**
 * The phones in the room, in memory alone: a name of our list, a key, and what the phone says of its cart. Times are wall
 * clock ms.
 */
export class Students {
  readonly #byKey = new Map<string, Student & Seat>();
  readonly #taken = new Set<string>();
  readonly #tell: (event: PhoneEvent) => void;
  #numbered = 0;

  constructor(tell: (event: PhoneEvent) => void) {
    this.#tell = tell;
  }

  get count(): number {
    return this.#byKey.size;
  }

  offer(): string[] {
    return drawNames((name) => this.#taken.has(name), OFFERED);
  }

  /**
   * Null: somebody was quicker to take the name. Throws 400 for a name that is not ours, 403 when the room is full. `from`
   * is the network address, known while the phone is in, and told to nobody.
   */
  join(name: string, now: number, from: string): Joined | null {
    if (!NAMES.includes(name))
      throw badRequest('unknown_name', 'expected a name of the list: GET /api/phones/names gives some');
    if (this.#taken.has(name)) return null;
    if (this.count >= MAX_STUDENTS && !this.#makeRoom(from))
      throw new ApiError(403, 'room_full', `${MAX_STUDENTS} phones are in already, and no more are taken`);
    this.#numbered += 1;
    const student = { id: `p${this.#numbered}`, name, cart: NO_CART, seenAt: now, from };
    const key = randomBytes(16).toString('base64url');
    this.#byKey.set(hashOf(key), student);
    this.#taken.add(name);
    this.#tell({ type: 'student.joined', id: student.id, name });
    return { id: student.id, name, key };
  }

  /** The phone with this key, which is there at this moment; null when it is not in the room. */
  meet(key: string, now: number): Student | null {
    const student = this.#byKey.get(hashOf(key));
    if (!student) return null;
    student.seenAt = now;
    return student;
  }

  place(student: Student, cart: PhoneCart): void {
    if (JSON.stringify(cart) === JSON.stringify(student.cart)) return;
    student.cart = cart;
    const { id, name } = student;
    this.#tell({ type: 'student.cart', id, name, ...cart });
  }

  leave(id: string): void {
    for (const [hash, student] of this.#byKey) if (student.id === id) this.#remove(hash, 'left');
  }

  /** Those who have been silent for too long are gone. */
  forgetSilent(now: number): void {
    for (const [hash, { seenAt }] of this.#byKey)
      if (now - seenAt >= SILENCE_MS) this.#remove(hash, 'silent for 2 minutes');
  }

  /** Everybody leaves; returns how many there were. They may join again. */
  clear(): number {
    const { count } = this;
    for (const hash of this.#byKey.keys()) this.#remove(hash, 'the room was cleared');
    return count;
  }

  /** The shops have lost everything on purpose, and nobody is to blame. */
  emptyCarts(): void {
    for (const student of this.#byKey.values()) this.place(student, NO_CART);
  }

  #makeRoom(from: string): boolean {
    const seats = [...this.#byKey].map(([hash, { from, seenAt }]) => ({ hash, from, seenAt }));
    const given = seatToGive(seats, from);
    if (given !== null) this.#remove(given.hash, 'too many phones at one address');
    return given !== null;
  }

  #remove(hash: string, why: string): void {
    const student = this.#byKey.get(hash);
    if (!student) return;
    this.#byKey.delete(hash);
    this.#taken.delete(student.name);
    this.#tell({ type: 'student.left', id: student.id, name: student.name, why });
  }
}

const hashOf = (key: string): string => digest(key).toString('hex');
