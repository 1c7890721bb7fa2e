import type { Holdings, MemoryLoad, SessionModeName } from '../contract.ts';
import { Refusal } from '../errors.ts';
import { cookieMode } from './cookie.ts';
import { memoryMode } from './memory.ts';
import type { SessionDependencies, SessionMode } from './mode.ts';
import { redisMode } from './redis.ts';

/** The one table: a new session mode is one file and one line here (and its name in contract.ts). */
const MODES: Record<SessionModeName, (dependencies: SessionDependencies) => SessionMode> = {
  memory: memoryMode,
  redis: redisMode,
  cookie: cookieMode,
};

/** All modes at once, because the mode is chosen anew by every request. */
export interface Sessions {
  /** Throws unknown_session_mode. */
  mode(name: string): SessionMode;
  /** Resolves when every mode has reached what it depends on, or given up waiting for it. */
  connect(): Promise<void>;
  close(): void;
  /** What is kept in this process; `session` is the id to look for. */
  holdings(session: string | null): Holdings;
  /** How full the memory of this process is. */
  load(): MemoryLoad;
}

const NOTHING: Holdings = { sessions: 0, largest: 0, holds: false };
const NO_LOAD: MemoryLoad = { filled: 0, empty: 0 };

export function createSessions(dependencies: SessionDependencies): Sessions {
  const modes = new Map<string, SessionMode>(
    Object.entries(MODES).map(([name, create]) => [name, create(dependencies)]),
  );
  return {
    mode: (name) => {
      const mode = modes.get(name);
      if (!mode) throw new Refusal('unknown_session_mode', { came: name });
      return mode;
    },
    connect: async () => {
      await Promise.all([...modes.values()].map((mode) => mode.connect?.()));
    },
    close: () => {
      for (const mode of modes.values()) mode.close?.();
    },
    holdings: (session) => modes.get('memory')?.holdings?.(session) ?? NOTHING,
    load: () => modes.get('memory')?.load?.() ?? NO_LOAD,
  };
}
