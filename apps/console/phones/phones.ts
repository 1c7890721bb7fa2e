import type { Express } from 'express';
import type { EventLog } from '../../../lib/event-log.ts';
import type { ClusterEvent } from '../contract.ts';
import type { PhoneView } from './contract.ts';
import { addInstructorRoutes } from './instructor-routes.ts';
import { addPhoneRoutes } from './phone-routes.ts';
import { Students } from './students.ts';
import { Vote } from './vote.ts';
import type { Where } from './where.ts';

const SWEEP_MS = 1000;

/** What a phone asks about the cluster. */
export interface Surroundings {
  /** null = there is no shop */
  shopPort: number | null;
  /** where sessions live, in words; null = nobody says */
  sessions(): Promise<string | null>;
  deaths(): PhoneView['deaths'];
}

/** The phones of a class and their votes: everything in memory, gone with this process. */
export interface Phones {
  addRoutes(api: Express): void;
  close(): void;
}

export function createPhones(options: {
  log: EventLog<ClusterEvent>;
  /** wall clock ms that `t` of the events counts from */
  startedAt: number;
  where: Where;
  surroundings: Surroundings;
  /** wall clock ms */
  now?(): number;
}): Phones {
  const { log, startedAt, where, surroundings, now = Date.now } = options;
  const tell = (event: ClusterEvent) => void log.add(event);
  const vote = new Vote(tell);
  const students = new Students((event) => {
    tell(event);
    if (event.type === 'student.left') vote.withdraw(event.id);
  });
  let resetAt: number | null = null;
  const stop = log.follow({
    take(event) {
      if (event.type === 'cluster.reset') {
        resetAt = startedAt + event.t;
        // Told from in here, later readers would hear of the carts before they hear of the reset.
        queueMicrotask(() => students.emptyCarts());
      }
      return true;
    },
    end() {},
  });
  const sweep = setInterval(() => students.forgetSilent(now()), SWEEP_MS);
  return {
    addRoutes(api) {
      addPhoneRoutes(api, { students, vote, surroundings, startedAt, resetAt: () => resetAt, now });
      addInstructorRoutes(api, { students, vote, where, tell });
    },
    close() {
      stop();
      vote.stop();
      clearInterval(sweep);
    },
  };
}
