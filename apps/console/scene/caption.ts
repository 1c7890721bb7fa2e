import type { SettingName } from '../../../proxy/contract.ts';
import type { ClusterState } from '../contract.ts';
import { faultSentences } from './caption-fault.ts';
import { stateSentences } from './caption-state.ts';
import { ejectedText, fitting, panicText } from './words.ts';

/** The one sentence of the stage: what just happened, and why; at most 80 characters, every number from events. */
export interface Caption {
  text: string;
  /**
   * fault: what was done to the cluster last · news: a setting, a reset, a stop, just now · state: how it is · stale:
   * nobody has told for a while. Only how it is can wait until the sentence before was read.
   */
  about: 'fault' | 'news' | 'state' | 'stale';
  /** ms since the run began: what it tells of began then */
  since: number;
}

/** News come at least every two seconds, because pages ask when nobody tells them. */
const STALE_MS = 4000;
/** A change of settings or a reset is the news for this long; then the picture as it is. */
const NEWS_MS = 8000;
const MOVED_MS = 30_000;

/**
 * The sentence at `t` (ms since the run began). `heardT` = when the page last heard of the cluster, by the same clock.
 * A fault stays the topic until something else is done.
 */
export function captionOf(state: ClusterState, t: number, heardT: number = t): Caption {
  if (t - heardT > STALE_MS) return staleCaption(state, t, heardT);
  const { impact, books } = state.scene;
  const { settings, resetAt } = books;
  if (state.armed === false) return about('news', resetAt ?? 0, stateSentences.stopped(state));
  if (settings !== null && t - settings.t < newsMs(state, settings.changed)) {
    return about('news', settings.t, stateSentences.switched(state, settings.changed));
  }
  if (resetAt !== null && (t - resetAt < NEWS_MS || state.scene.now.carts === 0)) {
    return about('news', resetAt, stateSentences.reset());
  }
  const news = rotationNews(state, t);
  if (news !== null) return news;
  if (impact?.open) return about('fault', impact.t, faultSentences(state, impact));
  return about('state', state.scene.run?.startedAt ?? 0, stateSentences.now(state));
}

/** What the proxy has just done by itself: a panic is told beside any fault, an ejection where no fault is the topic. */
function rotationNews(state: ClusterState, t: number): Caption | null {
  const { panic, outs = {}, impact } = state.scene;
  const panicking = panicText(state);
  if (panic && panicking !== null && t - panic.t < NEWS_MS) return about('news', panic.t, [panicking]);
  const since = Math.max(...Object.values(outs).flatMap((out) => (out.state === 'ejected' ? out.t : [])));
  const ejected = ejectedText(state);
  if (impact?.open || ejected === null || t - since >= NEWS_MS) return null;
  return about('news', since, [`${ejected}.`, `${ejected.split(':')[0]}.`]);
}

/** As long as carts are broken because sessions moved, that is why they are. */
const newsMs = ({ scene }: ClusterState, changed: readonly SettingName[]): number =>
  changed.includes('sessions') && scene.now.broken > 0 ? MOVED_MS : NEWS_MS;

const about = (what: Caption['about'], since: number, sentences: string[]): Caption => ({
  text: fitting(sentences),
  about: what,
  since,
});

function staleCaption({ startedAt }: ClusterState, t: number, heardT: number): Caption {
  const seconds = Math.floor((t - heardT) / 1000);
  const clock = new Date(startedAt + heardT).toLocaleTimeString('en-GB');
  const text = `No news from the cluster for ${seconds} s. This picture is from ${clock}.`;
  return about('stale', heardT, [text]);
}
