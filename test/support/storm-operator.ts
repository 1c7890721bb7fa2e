import { callApi } from '../../lib/call.ts';
import { SETTINGS, type SettingName, type Settings } from '../../proxy/contract.ts';
import type { StormRules } from './storm-rules.ts';
import type { StormShops } from './storm-shops.ts';

const CHANGE_MS = 100;
/** Those that decide who may be asked twice, and where, more often than the others. */
const OFTEN: SettingName[] = ['affinity', 'deadPin', 'retry', 'queue', 'drain'];
const NAMES = [...(Object.keys(SETTINGS) as SettingName[]), ...OFTEN, ...OFTEN, ...OFTEN];

/** Switches any setting to any value, and drains, weighs, kills, adds and removes shops. */
export class StormOperator {
  changes = 0;
  #works = false;
  readonly #controlUrl: string;
  readonly #shops: StormShops;
  readonly #rules: StormRules;
  readonly #random: () => number;

  constructor(controlUrl: string, shops: StormShops, rules: StormRules, random: () => number) {
    this.#controlUrl = controlUrl;
    this.#shops = shops;
    this.#rules = rules;
    this.#random = random;
  }

  /** Resolves after `rest`. */
  async work(): Promise<void> {
    this.#works = true;
    while (this.#works) {
      const name = this.#oneOf(NAMES);
      await this.#set({ [name]: this.#oneOf<string>(SETTINGS[name]) });
      await this.#oneOf(ACTS)(this);
      this.changes++;
      await new Promise((resolve) => setTimeout(resolve, CHANGE_MS));
    }
  }

  rest(): void {
    this.#works = false;
  }

  async #set(change: Partial<Record<SettingName, string>>): Promise<void> {
    const settings = await callApi<Settings>(`${this.#controlUrl}/settings`, {
      method: 'PATCH',
      body: change,
    });
    this.#rules.know(settings);
  }

  async renew(stays: boolean): Promise<void> {
    await this.#shops.renew(this.#oneOf(this.#shops.ids), stays);
    await this.place();
  }

  /** All of them, or without one that lives on. */
  async place(without = ''): Promise<void> {
    const body = this.#shops.addresses.filter(({ id }) => id !== without);
    await callApi(`${this.#controlUrl}/upstreams`, { method: 'PUT', body });
    this.#rules.lives = new Map(body.map(({ id, life }) => [id, life]));
  }

  remove(): Promise<void> {
    return this.place(this.#oneOf(this.#shops.ids));
  }

  async wish(body: object): Promise<void> {
    const id = this.#oneOf(this.#shops.ids);
    // It may have been removed.
    await callApi(`${this.#controlUrl}/upstreams/${id}`, { method: 'PATCH', body }).catch(() => {});
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T;
  }
}

const ACTS: ((operator: StormOperator) => Promise<void>)[] = [
  (operator) => operator.renew(false),
  (operator) => operator.renew(true),
  (operator) => operator.remove(),
  (operator) => operator.place(),
  (operator) => operator.place(),
  (operator) => operator.wish({ admin: 'drain' }),
  (operator) => operator.wish({ admin: 'drain', deadlineMs: 50 }),
  (operator) => operator.wish({ admin: 'ready', weight: 100 }),
  (operator) => operator.wish({ admin: 'ready', weight: 256 }),
  (operator) => operator.wish({ admin: 'ready', weight: 1 }),
  (operator) => operator.wish({ admin: 'ready', weight: 100 }),
  (operator) => operator.wish({ admin: 'ready', weight: 100 }),
  (operator) => operator.wish({ admin: 'ready', weight: 100 }),
  (operator) => operator.wish({ weight: 0 }),
];
