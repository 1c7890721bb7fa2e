import type { Redis } from 'ioredis';
import { readInfo, type StoreCounters, type StoreSample, sampleOf } from './store/info.ts';

/** Tells once a second how full and how busy a store of our own is, when that has changed. */
export interface StoreSampler {
  close(): void;
}

const EVERY_MS = 1000;
/** A store that takes longer to say how it is has other worries: asked again with the next turn, on a new connection. */
const ANSWER_LIMIT_MS = 500;
/** The INFO of the reading before is counted only after it was answered. */
const OWN_COMMANDS = 1;

export function startStoreSampler(options: {
  url: string;
  /** asked before each reading: a store that is frozen or gone is left alone */
  isReady(): boolean;
  onSample(sample: StoreSample): void;
  everyMs?: number;
}): StoreSampler {
  const { url, isReady, onSample, everyMs = EVERY_MS } = options;
  let client: Redis | null = null;
  let before: { counters: StoreCounters; atMs: number } | null = null;
  let told = '';
  let busy = false;
  let closed = false;

  /** The counters of another life, or of a time nobody looked, say nothing about this second. */
  function letGo(): void {
    client?.disconnect();
    client = null;
    before = null;
    told = '';
  }

  async function read(): Promise<void> {
    client ??= await openClient(url);
    const counters = readInfo(await client.info());
    if (closed) return;
    const atMs = performance.now();
    if (before !== null) {
      const seconds = (atMs - before.atMs) / 1000;
      tell(sampleOf(before.counters, counters, { seconds, own: OWN_COMMANDS }));
    }
    before = { counters, atMs };
  }

  function tell(sample: StoreSample): void {
    const text = JSON.stringify(sample);
    if (text !== told) onSample(sample);
    told = text;
  }

  const timer = setInterval(() => {
    if (busy) return;
    if (!isReady()) return letGo();
    busy = true;
    read()
      // No word about it: that the store does not answer is told by those who need it.
      .catch(letGo)
      .finally(() => {
        busy = false;
        if (closed) letGo();
      });
  }, everyMs);
  // The members keep the agent running, not the looking at one of them.
  timer.unref();

  return {
    close() {
      closed = true;
      clearInterval(timer);
      letGo();
    },
  };
}

/** Loaded when it is needed: most of it is for stores with more to them. */
async function openClient(url: string): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_LIMIT_MS,
    commandTimeout: ANSWER_LIMIT_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  // Told by the call that fails.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.disconnect();
    throw error;
  }
}
