import { BoundedMemoryStore } from './bounded-memory-store.ts';
import type { SessionDependencies, SessionMode } from './mode.ts';
import { storedMode } from './stored.ts';

/** Sessions in this process: gone when it dies, unknown to every other replica. */
export function memoryMode({ config, log }: SessionDependencies): SessionMode {
  const store = new BoundedMemoryStore({
    sessionsMax: SESSIONS_MAX,
    ttlMs: config.sessionTtlSeconds * 1000,
    onFull: () => log.warn({ limit: SESSIONS_MAX }, 'memory is full: the sessions unused longest go first'),
  });
  const mode = storedMode({ name: 'memory', config, store });
  return { ...mode, holdings: (session) => store.holdings(session), load: () => store.counts() };
}

/** At some 500 bytes each. Without affinity every write may leave an orphan, so a long class makes many. */
const SESSIONS_MAX = 50_000;
