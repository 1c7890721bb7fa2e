import type { Settings } from '../../proxy/contract.ts';
import type { Fate } from './storm-crowd.ts';
import type { Executed } from './storm-shops.ts';

const MAX_ATTEMPTS = 3;

/** What every answer keeps to, whatever the settings; a rule says what is wrong, or nothing. */
type Rule = (fate: Fate, settings: Settings, times: number) => string | false | undefined;

/** The proxy says of its own answers, and of no other, whether the request was sent. */
const isOwn = ({ headers }: Fate): boolean => headers['x-upstream-sent'] !== undefined;

const attemptsOf = ({ headers }: Fate): [upstream: string, outcome: string][] =>
  String(headers['x-attempts'] ?? '')
    .split(',')
    .filter((attempt) => attempt !== '')
    .map((attempt) => attempt.split(':') as [string, string]);

/** They count up, whatever the name. */
const lifeOf = (life: string): number => Number(life.split('#')[1]);

const RULES: Rule[] = [
  (fate) => isOwn(fate) && fate.headers['set-cookie'] !== undefined && 'a cookie on an answer of the proxy',
  ({ headers }) => !/^[NIDVEOU][NIU]$/.test(String(headers['x-affinity'])) && 'letters nobody knows',
  ({ leastEpoch }, { epoch }) => epoch < leastEpoch && 'older settings than were told before',
  (fate) => attemptsOf(fate).length > MAX_ATTEMPTS && 'too many attempts',
  (fate) => !isOwn(fate) && fate.headers['x-op-id'] !== fate.op && 'the answer to another request',
  (fate) => {
    const by = `${fate.headers['x-served-by']}:ok`;
    return !isOwn(fate) && attemptsOf(fate).at(-1)?.join(':') !== by && 'answered by another than it says';
  },
  ({ headers, lives }) => {
    const told = lives.get(String(headers['x-served-by']));
    return told && lifeOf(String(headers['x-boot-id'])) < lifeOf(told) && `answered by a life before ${told}`;
  },
  ({ headers }, _settings, times) =>
    headers['x-upstream-sent'] === '0' && times > 0 && 'sent, though it says not',
  (fate, { affinity, deadPin }) => {
    const letter = String(fate.headers['x-affinity'])[0];
    // A connection's tie to an earlier life is none: no TCP connection outlives a process.
    if (affinity === 'connection') return false;
    return deadPin === 'strict' && letter === 'D' && !isOwn(fate) && 'a strict pin was moved';
  },
  (fate, { deadPin }) => {
    const isPinned = String(fate.headers['x-affinity']).startsWith('V');
    const names = new Set(attemptsOf(fate).map(([name]) => name));
    return deadPin === 'strict' && isPinned && names.size > 1 && 'a strict pin went elsewhere';
  },
  (fate, { affinity, pinFormat, pinLife }) => {
    const isPlain = affinity === 'cookie' && pinFormat === 'plain' && pinLife === 'browser';
    const isPinned = String(fate.headers['x-affinity']).startsWith('V');
    const [first] = attemptsOf(fate);
    const name = fate.pin?.split('|', 1)[0];
    return isPlain && isPinned && first && first[0] !== name && 'a pin that counts led to another';
  },
];

/** Sending these twice is allowed from that setting on. */
const MAY_REPEAT: Record<Settings['retry'], (method: string) => boolean> = {
  off: () => false,
  unsent: () => false,
  idempotent: (method) => method !== 'POST',
  reckless: () => true,
};

/** Remembers what happened and judges it at the end: an answer may be here before anybody heard of its settings. */
export class StormRules {
  readonly statuses = new Map<string, number>();
  /** of the newest settings that somebody was told of */
  epoch = 0;
  lives: ReadonlyMap<string, string> = new Map();
  readonly #settings = new Map<number, Settings>();
  readonly #fates: Fate[] = [];

  know(settings: Settings): void {
    this.#settings.set(settings.epoch, settings);
    this.epoch = Math.max(this.epoch, settings.epoch);
  }

  answered(fate: Fate): void {
    const kind = isOwn(fate) ? `${fate.status} sent ${fate.headers['x-upstream-sent']}` : `${fate.status}`;
    this.statuses.set(kind, (this.statuses.get(kind) ?? 0) + 1);
    this.#fates.push(fate);
  }

  /** All that was wrong, in words. */
  judge(executed: ReadonlyMap<string, Executed>): string[] {
    return [
      ...this.#fates.flatMap((fate) => this.#judgeAnswer(fate, executed)),
      ...this.#judgeShops(executed),
    ];
  }

  #judgeAnswer(fate: Fate, executed: ReadonlyMap<string, Executed>): string[] {
    const settings = this.#settings.get(Number(fate.headers['x-epoch']));
    if (!settings) return [`an epoch nobody knows: ${JSON.stringify(fate)}`];
    const times = executed.get(fate.op)?.times ?? 0;
    return RULES.map((rule) => rule(fate, settings, times))
      .filter(Boolean)
      .map(
        (what) => `${what}: ${JSON.stringify({ ...fate, lives: [...fate.lives.values()], times, settings })}`,
      );
  }

  #judgeShops(executed: ReadonlyMap<string, Executed>): string[] {
    const twice = [...executed].filter(([, { times }]) => times > 1);
    return twice
      .filter(([, { epoch, method }]) => !MAY_REPEAT[this.#settings.get(epoch)?.retry ?? 'off'](method))
      .map(([op, done]) => `done more than once: ${op} ${JSON.stringify(done)}`);
  }
}
