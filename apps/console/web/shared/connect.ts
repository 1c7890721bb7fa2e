import type { Stamped } from '../../../../lib/event-log.ts';
import type { ClusterEvent } from '../../contract.ts';
import {
  applyEvent,
  applySnapshot,
  heard,
  initialModel,
  isAnotherLog,
  isNews,
  type Model,
  readAnew,
  resumeAfter,
} from './model.ts';
import { createStream } from './stream.ts';

/** A page's line to the cluster. One a page: a browser has six connections to a console for all its tabs. */
export interface Connection {
  /** everything the page knows at this moment */
  model(): Model;
  /** The page's own part in it: what was asked, confirmed, withdrawn. */
  change(step: (model: Model) => Model): void;
  /** Reads the snapshot again: a key was given, or something is known to be different. */
  again(): void;
  close(): void;
}

/** A tab nobody has looked at for this long lets go of its connection, and catches up when it is shown. */
const HIDDEN_MS = 60_000;

/**
 * Follows the cluster for as long as the page is open. `onChange` comes with every change of the model, before and
 * after; `onEvent` with each event that is news, in order and once: what is history to the page, or part of the
 * snapshot, is not told.
 */
export function connect(options: {
  /** of what happened before the page was opened, or while it was away: how many events go into its log; 0 = no log */
  history?: number;
  onChange(model: Model, before: Model): void;
  onEvent?(event: Stamped<ClusterEvent>, model: Model): void;
}): Connection {
  let model = initialModel();
  const become = (next: Model) => {
    const before = model;
    model = next;
    if (next !== before) options.onChange(next, before);
  };
  const stream = createStream({
    onSnapshot: (state) => become(applySnapshot(heard(model, Date.now()), state)),
    onSign: () => become(heard(model, Date.now())),
    onRefused: () => become({ ...model, refused: true }),
    resumeAfter: () => resumeAfter(model, options.history ?? 0),
    newest: () => model.state?.seq ?? 0,
    onEvent(event) {
      if (isAnotherLog(model, event)) {
        become(readAnew(model));
        return stream.listen();
      }
      const news = isNews(model, event);
      become(applyEvent(heard(model, Date.now()), event));
      if (!news) return;
      options.onEvent?.(event, model);
      // A recording was wound: neither its clock nor its picture follow from what came before.
      if (event.type === 'recording.moved') stream.open();
    },
  });
  const stopMinding = mindVisibility(stream);
  stream.open();
  return {
    model: () => model,
    change: (step) => become(step(model)),
    again: stream.open,
    close() {
      stopMinding();
      stream.hangUp();
    },
  };
}

/** Closes after a while in the dark, opens in the light; returns how to stop. */
function mindVisibility({ open, hangUp }: { open(): void; hangUp(): void }): () => void {
  let closing: number | undefined;
  let closed = false;
  const mind = () => {
    clearTimeout(closing);
    if (document.hidden) {
      closing = setTimeout(() => {
        closed = true;
        hangUp();
      }, HIDDEN_MS);
    } else if (closed) {
      closed = false;
      open();
    }
  };
  document.addEventListener('visibilitychange', mind);
  return () => document.removeEventListener('visibilitychange', mind);
}
