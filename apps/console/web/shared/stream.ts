import type { Stamped } from '../../../../lib/event-log.ts';
import type { ClusterEvent, ClusterState } from '../../contract.ts';
import { dropToken, theToken, withKey } from './access.ts';
import { fetchState, Refused } from './api.ts';

/** Who listens to a console: first a snapshot, then the events after it, and so on after every break. */
export interface Listener {
  onSnapshot(state: ClusterState): void;
  onEvent(event: Stamped<ClusterEvent>): void;
  /** Somebody answered, with nothing new: the snapshot was overtaken by events on its way. */
  onSign(): void;
  /** The console wants a key; nothing is asked any more until `open` is called. */
  onRefused(): void;
  /** asked whenever a stream is opened: the event to resume after */
  resumeAfter(): number;
  /** the newest event that is known */
  newest(): number;
}

export interface Stream {
  /** Begins anew, with a snapshot. */
  open(): void;
  /** Opens the stream of events again, after the same snapshot. */
  listen(): void;
  hangUp(): void;
}

const RECONNECT_MS = 1000;
/** Silence is no news: a calm cluster has no events, so the page asks whether it is still there. */
const ASK_EVERY_MS = 2000;

export function createStream(to: Listener): Stream {
  let source: EventSource | null = null;
  let timer: number | undefined;
  /** counts the lines that were opened: what an earlier one still brings is void */
  let line = 0;

  const hangUp = () => {
    line++;
    source?.close();
    source = null;
    clearTimeout(timer);
  };
  const later = (what: () => void, ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(what, ms);
  };

  const open = async () => {
    hangUp();
    const mine = line;
    const state = await read();
    if (mine !== line || state === 'refused') return;
    if (state === null) return later(open, RECONNECT_MS);
    to.onSnapshot(state);
    listen();
    askLater();
  };

  const listen = () => {
    source?.close();
    const opened = new EventSource(withKey(`/api/events?after=${to.resumeAfter()}`));
    source = opened;
    opened.onmessage = ({ data }: MessageEvent<string>) => {
      if (opened === source) to.onEvent(JSON.parse(data));
    };
    opened.onerror = () => {
      if (opened !== source) return;
      hangUp();
      later(open, RECONNECT_MS);
    };
  };

  const askLater = () => {
    const mine = line;
    later(async () => {
      const state = await read();
      if (mine !== line || state === 'refused') return;
      // A snapshot that was overtaken by events on its way would turn the picture back.
      if (state !== null && state.seq >= to.newest()) to.onSnapshot(state);
      else if (state !== null) to.onSign();
      askLater();
    }, ASK_EVERY_MS);
  };

  /** null = nobody answers */
  const read = async (): Promise<ClusterState | 'refused' | null> => {
    try {
      return await fetchState();
    } catch (error) {
      if (!(error instanceof Refused)) return null;
    }
    hangUp();
    const hadKey = theToken() !== null;
    dropToken();
    // A key of an earlier start is worse than none where reading is open to everybody.
    if (hadKey) later(open, 0);
    else to.onRefused();
    return 'refused';
  };

  return { open: () => void open(), listen, hangUp };
}
