import { captionOf } from '../../scene/caption.ts';
import { CAPTION_MS, type Paced, pace } from '../picture/pace.ts';
import { type Model, runMsAt } from '../shared/model.ts';

/** The sentence a page shows, at most one in five seconds; what a fault did, and that news are missing, at once. */
export function createCaption(): (model: Model, nowMs: number) => string {
  let shown: Paced<string> | null = null;
  let stale = false;
  let lastT = 0;
  return (model, nowMs) => {
    if (model.state === null) return '';
    const t = runMsAt(model, nowMs);
    // A recording was wound back: what was said is of a time to come.
    if (t < lastT) shown = null;
    lastT = t;
    const heardT = runMsAt(model, Math.min(nowMs, model.heardAtMs ?? nowMs));
    const next = captionOf(model.state, t, heardT);
    const urgent = next.about !== 'state' || stale;
    stale = next.about === 'stale';
    shown = pace(shown, next.text, nowMs, { lastsMs: CAPTION_MS, urgent });
    return shown.value;
  };
}
