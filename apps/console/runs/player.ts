import { EventLog, type Stamped } from '../../../lib/event-log.ts';
import type { ClusterEvent, ClusterState } from '../contract.ts';
import { applyToState } from '../scene/apply-state.ts';
import type { Recording } from './recording.ts';

export const MAX_SPEED = 16;
/** Between two looks at the clock, and how much is told at one of them before others get their turn. */
const LOOK_MS = 50;
const MAX_AT_ONCE = 2000;
/** A jump plays on from the nearest of these, which are this many events apart. */
const CHECKPOINT_EVENTS = 1000;

/** Plays a recording: the same events in the same order and with the same numbers, `speed` times as fast as they came. */
export interface Player {
  readonly log: EventLog<ClusterEvent>;
  state(): ClusterState;
  /** Tells what is due by now; done by itself twenty times a second. */
  look(): void;
  /** speed 0 = paused; `at` in ms of `t`, held within the recording. What is left out stays as it is. */
  wind(to: { speed?: number | undefined; at?: number | undefined }): ClusterState;
  close(): void;
}

export function createPlayer(
  { head, events }: Recording,
  { speed: firstSpeed = 1, now = () => performance.now() }: { speed?: number; now?(): number } = {},
): Player {
  const due = dueTimes(head.state.t, events);
  const startsAt = head.state.t;
  const endsAt = due.at(-1) ?? startsAt;
  const first: ClusterState = {
    ...head.state,
    recording: { run: head.run, startsAt, endsAt },
    phones: { open: false, joinUrls: [] },
  };
  const checkpoints = [first];
  const log = new EventLog<ClusterEvent>({ now: () => position(), limit: Number.MAX_SAFE_INTEGER });
  log.restore([], first.seq);
  /** events told, and the state after them; the clock: it was at `t` when `now()` was `atMs` */
  let told = 0;
  let state = first;
  let clock = { t: startsAt, atMs: now(), speed: firstSpeed };
  /** above every number of the recording: a page takes what it hears about the winding as news */
  let moves = (events.at(-1)?.seq ?? first.seq) + 1;

  const position = () => Math.min(endsAt, clock.t + (now() - clock.atMs) * clock.speed);

  /** The state after one event more. States on the way are kept, so that a jump does not start at the beginning. */
  const step = (): Stamped<ClusterEvent> => {
    const event = events[told] as Stamped<ClusterEvent>;
    state = applyToState(state, event);
    told += 1;
    if (told % CHECKPOINT_EVENTS === 0) checkpoints[told / CHECKPOINT_EVENTS] ??= state;
    return event;
  };

  const look = () => {
    const t = position();
    for (let count = 0; count < MAX_AT_ONCE && told < events.length && (due[told] as number) <= t; count++)
      log.put(step());
    if (t >= endsAt && told === events.length && clock.speed > 0) move({ speed: 0, at: endsAt });
  };

  const jump = (t: number) => {
    const target = due.findLastIndex((at) => at <= t) + 1;
    const nearest = Math.min(Math.floor(target / CHECKPOINT_EVENTS), checkpoints.length - 1);
    told = nearest * CHECKPOINT_EVENTS;
    state = checkpoints[nearest] as ClusterState;
    while (told < target) step();
  };

  const move = ({ speed = clock.speed, at = position() }: { speed?: number; at?: number }) => {
    const t = Math.min(endsAt, Math.max(startsAt, at));
    clock = { t, atMs: now(), speed };
    log.put({ type: 'recording.moved', t, speed, seq: moves++ });
    jump(t);
    log.restore(events.slice(0, told), state.seq);
  };

  const timer = setInterval(look, LOOK_MS);
  return {
    log,
    look,
    state: () => ({ ...state, t: Math.round(position()), speed: clock.speed }),
    wind({ speed, at }) {
      // Played to its end, and told to go on: from the beginning.
      const again = at === undefined && clock.t >= endsAt && (speed ?? 0) > 0;
      move({
        ...(speed === undefined ? {} : { speed }),
        ...(again ? { at: startsAt } : at === undefined ? {} : { at }),
      });
      return { ...state, t: clock.t, speed: clock.speed };
    },
    close() {
      clearInterval(timer);
      log.close();
    },
  };
}

/** When each is told: what a part told late comes when it came, not when it happened. */
function dueTimes(startsAt: number, events: readonly Stamped<ClusterEvent>[]): number[] {
  let latest = startsAt;
  return events.map(({ t }) => {
    latest = Math.max(latest, t);
    return latest;
  });
}
