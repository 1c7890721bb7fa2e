import { z } from 'zod';
import type { FaultAction, Hands } from '../action.ts';
import { find } from './look.ts';
import { freeze } from './power.ts';

/** Faults of the session store's own administration. What the embedded store lacks is refused, not imitated. */

type Store = NonNullable<Hands['store']>;

const storeOf = ({ store }: Hands): Store => {
  if (store) return store;
  throw new Error(NOT_OURS);
};
const NOT_OURS = 'the session store is not of this cluster: nothing is done to it';

const needsServer =
  (what: string) =>
  ({ store }: Hands): string | null => {
    if (store === null) return NOT_OURS;
    if (store.kind === 'server') return null;
    return `the embedded store ${what}; it needs redis-server or valkey-server on the PATH`;
  };

/** A store that does not run has forgotten what was done to it. */
const runs = (hands: Hands, targets: readonly string[]) =>
  targets.some((id) => find(hands, id)?.state === 'ready');

const FLUSH = z.strictObject({
  irreversible: z.literal(true, 'say irreversible=true: what is in it is gone for good'),
});
/** Put in just before: gone with everything else, however quickly new carts come. */
const MARKER = 'cartwreck:flush-marker';

export const flush: FaultAction<z.infer<typeof FLUSH>> = {
  with: FLUSH,
  refuse: ({ store }) => (store === null ? NOT_OURS : null),
  plan: () => ['FLUSHALL'],
  async inject(hands) {
    await storeOf(hands).command(['SET', MARKER, '1', 'EX', '60']);
    await storeOf(hands).command(['FLUSHALL']);
  },
  undo: null,
  verify: async (hands) =>
    (await storeOf(hands).command(['EXISTS', MARKER])) === 0 ? null : 'what was in it is still there',
  endsWithLife: true,
};

const NOTHING = z.strictObject({});
/** Nobody listens there: it stays without its primary, with all it had. */
const NOWHERE = ['127.0.0.1', '1'];
const PROBE = ['SET', 'cartwreck:probe', '1', 'PX', '1000'];

/** A replica that has lost its primary: it answers reads and refuses writes (READONLY), as after a failover gone wrong. */
export const readonly: FaultAction<z.infer<typeof NOTHING>> = {
  with: NOTHING,
  refuse: needsServer('has no REPLICAOF'),
  plan: () => [`REPLICAOF ${NOWHERE.join(' ')}`],
  inject: async (hands) => void (await storeOf(hands).command(['REPLICAOF', ...NOWHERE])),
  async undo(hands, { targets }) {
    if (runs(hands, targets)) await storeOf(hands).command(['REPLICAOF', 'NO', 'ONE']);
  },
  verify: async (hands) =>
    storeOf(hands)
      .command(PROBE)
      .then(
        () => 'it still takes writes',
        (error: Error) => (error.message.includes('READONLY') ? null : error.message),
      ),
  endsWithLife: true,
};

const POLICIES = [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-ttl',
  'noeviction',
] as const;
const EVICT = z.strictObject({
  /** bytes, or 2mb; left out: what it uses now, so that every new cart costs an old one */
  maxmemory: z.union([z.number().int().min(1), z.string().regex(/^[0-9]+(kb|mb|gb)?$/)]).optional(),
  policy: z.enum(POLICIES).default('allkeys-lru'),
});

/** Too little memory: old carts vanish without a word, or, with noeviction, writes are refused. */
export const evict: FaultAction<z.infer<typeof EVICT>> = {
  with: EVICT,
  refuse: needsServer('evicts nothing'),
  plan: ({ with: { maxmemory = '<what it uses now>', policy } }) => [
    `CONFIG SET maxmemory ${maxmemory} maxmemory-policy ${policy}`,
  ],
  before: async (hands) => ({
    maxmemory: await setting(storeOf(hands), 'maxmemory'),
    policy: await setting(storeOf(hands), 'maxmemory-policy'),
  }),
  async inject(hands, { with: { maxmemory, policy } }) {
    const store = storeOf(hands);
    await store.command(['CONFIG', 'SET', 'maxmemory-policy', policy]);
    await store.command(['CONFIG', 'SET', 'maxmemory', String(maxmemory ?? (await usedBytes(store)))]);
  },
  async undo(hands, { targets, before }) {
    if (!runs(hands, targets)) return;
    const store = storeOf(hands);
    await store.command(['CONFIG', 'SET', 'maxmemory', String(before?.maxmemory ?? 0)]);
    await store.command(['CONFIG', 'SET', 'maxmemory-policy', String(before?.policy ?? 'noeviction')]);
  },
  async verify(hands, { with: { policy } }) {
    const store = storeOf(hands);
    const limit = Number(await setting(store, 'maxmemory'));
    const now = await setting(store, 'maxmemory-policy');
    return limit > 0 && now === policy ? null : `its limit is ${limit} bytes, its policy ${now}`;
  },
  endsWithLife: true,
};

const setting = async (store: Store, name: string): Promise<string> =>
  String(((await store.command(['CONFIG', 'GET', name])) as string[])[1]);

const usedBytes = async (store: Store): Promise<string> =>
  /used_memory:([0-9]+)/.exec(String(await store.command(['INFO', 'memory'])))?.[1] ?? '1mb';

const PAUSE = z.strictObject({ how: z.enum(['freeze', 'client-pause']).default('freeze') });
type Pause = z.infer<typeof PAUSE>;

/** Ends by itself at the store when nobody renews it. */
const PAUSE_MS = '5000';

/**
 * freeze: the whole process stands still · client-pause: Redis holds back every write and answers reads. With ALL instead
 * of WRITE it would hold back CLIENT UNPAUSE too (Redis 7.0), and nothing could end it.
 */
export const pause: FaultAction<Pause> = {
  ...freeze,
  with: PAUSE,
  refuse: (hands, { with: { how } }) => (how === 'freeze' ? null : needsServer('has no CLIENT PAUSE')(hands)),
  plan: (shot) =>
    isFreeze(shot) ? freeze.plan({ ...shot, with: {} }) : [`CLIENT PAUSE ${PAUSE_MS} WRITE, each second`],
  inject: (hands, shot) => (isFreeze(shot) ? freeze.inject(hands, { ...shot, with: {} }) : holdWrites(hands)),
  keep: async (hands, shot) => (isFreeze(shot) ? undefined : holdWrites(hands)),
  async undo(hands, shot) {
    if (isFreeze(shot)) return freeze.undo?.(hands, { ...shot, with: {} });
    if (runs(hands, shot.targets)) await storeOf(hands).command(['CLIENT', 'UNPAUSE']);
  },
  verify: async (hands, shot) => {
    if (isFreeze(shot)) return freeze.verify(hands, { ...shot, with: {} });
    return storeOf(hands)
      .command(PROBE)
      .then(
        () => 'a write is answered',
        () => null,
      );
  },
};

const isFreeze = ({ with: { how } }: { with: Pause }): boolean => how === 'freeze';

const holdWrites = async (hands: Hands): Promise<void> =>
  void (await storeOf(hands).command(['CLIENT', 'PAUSE', PAUSE_MS, 'WRITE']));
