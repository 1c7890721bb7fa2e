import type { Pool } from '../pool.ts';

/**
 * A text for the name of each upstream of a pool, worked out once and found both ways by one Map lookup. Holds the
 * upstreams of the pool it was asked about last and no others, so nothing that a client sends can make it grow.
 */
export class Codebook {
  readonly #encode: (id: string) => string;
  #pool: Pool | null = null;
  #texts = new Map<string, string>();
  #ids = new Map<string, string>();

  constructor(encode: (id: string) => string) {
    this.#encode = encode;
  }

  /** The text of any name, also of an upstream that has just left. */
  textOf(id: string): string {
    return this.#texts.get(id) ?? this.#encode(id);
  }

  /** The text of an upstream of that pool; null when it has none of that name. */
  textIn(pool: Pool, id: string): string | null {
    this.#follow(pool);
    return this.#texts.get(id) ?? null;
  }

  /** The upstream of that pool with this text, or null. */
  idIn(pool: Pool, text: string): string | null {
    this.#follow(pool);
    return this.#ids.get(text) ?? null;
  }

  /** Pools are replaced at every change of anything; the names in them seldom change. */
  #follow(pool: Pool): void {
    if (pool === this.#pool) return;
    this.#pool = pool;
    const { all } = pool;
    if (all.length === this.#texts.size && all.every(({ id }) => this.#texts.has(id))) return;
    this.#texts = new Map(all.map(({ id }) => [id, this.#encode(id)]));
    this.#ids = new Map([...this.#texts].map(([id, text]) => [text, id]));
  }
}
