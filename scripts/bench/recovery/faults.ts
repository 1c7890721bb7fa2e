import type { Replica } from './replicas.ts';

/** One way to lose a replica. */
export interface Fault {
  name: string;
  means: string;
  /** Resolves at the moment from which times count. */
  inject(victim: Replica): Promise<void>;
  undo(victim: Replica): Promise<void>;
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill',
    means: 'SIGKILL: its connections break, new ones are refused',
    inject: (victim) => victim.kill(),
    undo: (victim) => victim.restart(),
  },
  {
    name: 'freeze',
    means: 'SIGSTOP: it still accepts connections and answers nothing; it thaws when all clients have ended',
    inject: async (victim) => victim.freeze(),
    undo: async (victim) => victim.thaw(),
  },
  {
    name: 'crash',
    means: 'for 0.3 s it executes what it is asked for and answers nothing of it, then it dies',
    inject: (victim) => victim.dieAtWork(),
    undo: (victim) => victim.restart(),
  },
];
