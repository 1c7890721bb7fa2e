import { randomBytes } from 'node:crypto';
import type { FaultState } from '../cart/contract.ts';
import type { Hands } from './faults/action.ts';

interface Key {
  kid: string;
  secret: string;
  /** wall clock ms until which it verifies; null = for good */
  untilMs: number | null;
}

/**
 * The keys of the signed cart cookie as they are now, newest first. A replica gets them at its birth (`text`, as its
 * COOKIE_KEYS) or, where its environment is older than they are, by `giveAll` before the proxy sends to it.
 */
export class KeyRing {
  #keys: Key[];
  /** no longer in use; an undo brings them back */
  #retired: Key[] = [];
  /** replicas may have others than these */
  #changed = false;

  /** `text`: `kid:secret,kid2:secret2`, the first signs. */
  constructor(text: string) {
    this.#keys = text.split(',').map((entry) => {
      const [kid = '', ...secret] = entry.split(':');
      return { kid, secret: secret.join(':'), untilMs: null };
    });
  }

  /** `kid:secret,…`, the first signs. */
  get text(): string {
    return this.#keys.map(({ kid, secret }) => `${kid}:${secret}`).join(',');
  }

  /** Their public names, the signing one first. */
  get kids(): string[] {
    return this.#keys.map(({ kid }) => kid);
  }

  /** A new key signs; the old ones verify until `overlapMs` have passed, 0 = no more. */
  rotate(overlapMs: number, nowMs: number): void {
    this.#changed = true;
    const numbers = [...this.#keys, ...this.#retired].map(({ kid }) => Number(/\d+$/.exec(kid)?.[0] ?? 0));
    const fresh = { kid: `k${Math.max(0, ...numbers) + 1}`, secret: newSecret(), untilMs: null };
    this.#keys = [fresh, ...this.#keys.map((key) => ({ ...key, untilMs: nowMs + overlapMs }))];
    this.retire(nowMs);
  }

  /** Takes out the keys whose overlap is over. */
  retire(nowMs: number): void {
    const over = this.#keys.filter(({ untilMs }) => untilMs !== null && untilMs <= nowMs);
    this.#keys = this.#keys.filter((key) => !over.includes(key));
    this.#retired.push(...over);
  }

  /** These keys are in use again, in this order; what was signed with the others in the meantime stays valid. */
  restore(kids: readonly string[]): void {
    this.#changed = true;
    const known = [...this.#keys, ...this.#retired];
    const back = kids.flatMap((kid) => known.find((key) => key.kid === kid) ?? []);
    const others = this.#keys.filter(({ kid }) => !kids.includes(kid));
    this.#retired = this.#retired.filter(({ kid }) => !kids.includes(kid));
    this.#keys = [...back, ...others].map((key) => ({ ...key, untilMs: null }));
  }

  /** Gives the present keys to every shop that runs and has others. Tries all, then throws the first failure. */
  async giveAll({ replicas, runtime }: Pick<Hands, 'replicas' | 'runtime'>): Promise<void> {
    if (!this.#changed) return;
    const shops = runtime.members().filter(({ role, state }) => role === 'shop' && state === 'ready');
    const given = shops.map(async ({ id }) => {
      const { cookieKids } = await replicas.call<FaultState>(id, 'GET', '/state');
      if (cookieKids.join() === this.kids.join()) return;
      await replicas.call(id, 'PUT', '/keys', { keys: this.text });
    });
    const failed = (await Promise.allSettled(given)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
}

const newSecret = () => randomBytes(24).toString('base64url');
