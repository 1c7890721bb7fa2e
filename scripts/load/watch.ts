import type { HistoryEvent } from '../oracle/history.ts';
import { createOracle, type Knowledge, type OracleSummary, type Violation } from '../oracle/oracle.ts';
import type { CartBroken, ChaosMark } from './contract.ts';
import type { Recorder } from './record.ts';
import { brokenCartOf } from './result.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** Everything the shoppers do and see passes here, in order: to the oracle, to the history file, to the onlookers. */
export interface Watch {
  /** One shopper's own way in. It costs less than looking for its file at every event. */
  follow(shopper: string): Follower;
  /** the same by name, for who reads what others did */
  observe(event: HistoryEvent): void;
  /** notes something done to the cluster at `t` ms */
  mark(what: string, t: number): void;
  /** no more events: what is still open stays open */
  end(): void;
  summary(): OracleSummary;
  chaos(): ChaosMark[];
  timeline: Timeline;
  /** shoppers that have been shown a cart with at least one line */
  shoppersWithCart(): number;
  lastBroken(): CartBroken | null;
}

export interface Follower {
  /** `status` = HTTP status of the answer, 0 = there was none. Returns whether the oracle accused. */
  observe(event: HistoryEvent, status?: number): boolean;
  knows(): Knowledge;
  /** the shopper is gone: its verdict is counted, the rest is forgotten */
  release(): void;
}

export interface WatchOptions {
  run: string;
  sessionTtlMs: number;
  recorder: Recorder | null;
  skuOf(line: string): string;
  onBroken(event: CartBroken): void;
}

export function createWatch({ run, sessionTtlMs, recorder, skuOf, onBroken }: WatchOptions): Watch {
  const oracle = createOracle({ sessionTtlMs });
  const timeline = createTimeline();
  const followers = new Map<string, Follower>();
  let withCart = 0;
  let lastBroken: CartBroken | null = null;

  function follow(shopper: string): Follower {
    const file = oracle.follow(shopper);
    const underWay: HistoryEvent[] = [];
    let hasHadCart = false;
    return {
      observe(event, status = 0) {
        recorder?.write(event);
        if (event.type === 'invoke') underWay.push(event);
        else timeline.ended(event, event.t - takeInvoke(underWay, event).t);
        if (!hasHadCart && event.type === 'ok' && event.obs.cart.lines.length > 0) {
          hasHadCart = true;
          withCart += 1;
        }
        const violation = file.observe(event);
        if (violation !== null) tellOf(violation, { t: event.t, status });
        return violation !== null;
      },
      knows: file.knows,
      release: file.release,
    };
  }

  function tellOf(violation: Violation, { t, status }: { t: number; status: number }): void {
    const broken = brokenCartOf(violation, { run, status, skuOf });
    if (broken === null) return;
    lastBroken = broken;
    timeline.broke(broken, t);
    onBroken(broken);
  }

  return {
    follow,
    observe(event) {
      const { shopper } = event;
      const follower = followers.get(shopper) ?? follow(shopper);
      followers.set(shopper, follower);
      follower.observe(event);
    },
    mark(what, t) {
      recorder?.write({ type: 'mark', t, what });
      timeline.mark(what, t);
    },
    end: () => oracle.end(),
    summary: () => oracle.summary(),
    chaos: () => timeline.flags().map(({ t, what, broken }) => ({ t, what, broken })),
    timeline,
    shoppersWithCart: () => withCart,
    lastBroken: () => lastBroken,
  };
}

/** The invoke of the call that ended; one or two are under way. A call nobody sent took no time. */
function takeInvoke(underWay: HistoryEvent[], ended: HistoryEvent): HistoryEvent {
  const place = underWay.findIndex(({ call }) => call === ended.call);
  return place < 0 ? ended : (underWay.splice(place, 1)[0] ?? ended);
}
