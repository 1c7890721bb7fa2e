import type { SceneFlag } from '../../contract.ts';
import { fitText, textWidth } from './text.ts';
import { type Axis, SPAN_MS } from './timeline-axis.ts';

/** A flag as it is drawn: each has its mark, and a label where there is room for one. */
export interface PlacedFlag {
  x: number;
  lane: SceneFlag['lane'];
  fault: boolean;
  /** null = there is no room: the next newer label counts it, "Kill shop-3 +4" */
  label: { text: string; x: number; anchor: 'start' | 'end'; room?: number } | null;
}

interface Span {
  from: number;
  to: number;
}

interface Mark {
  flag: SceneFlag;
  x: number;
  /** where its label goes; null = nowhere */
  span: (Span & { anchor: 'start' | 'end' }) | null;
  /** older ones that got no label */
  hidden: number;
}

/** From a mark to its label, and half of a mark. */
const GAP = 12;
const MARK = 9;
const BETWEEN = 8;
/** Letters may be this much narrower before a label is cut. */
const NARROWEST = 0.75;

/** Newest first: a label goes to the right of its mark if there is room, else to the left, else it is only counted. */
export function placeFlags(
  flags: readonly SceneFlag[],
  now: number,
  axis: Axis,
  rightEnd: number,
): PlacedFlag[] {
  const seen = flags.filter(({ t }) => t <= now && now - t <= SPAN_MS);
  return (['we', 'cluster'] as const).flatMap((lane) => {
    const marks = seen
      .filter((flag) => flag.lane === lane)
      .sort((a, b) => b.t - a.t)
      .map((flag): Mark => ({ flag, x: axis.x(now - flag.t), span: null, hidden: 0 }));
    placeLabels(marks, axis.left, rightEnd);
    return marks.map((mark, index) =>
      index === 0 && mark.span === null ? squeezed(mark, rightEnd) : placed(mark, marks, rightEnd),
    );
  });
}

function placeLabels(marks: Mark[], left: number, rightEnd: number): void {
  let speaker: Mark | null = null;
  for (const mark of marks) {
    const { text, fault } = mark.flag;
    const w = textWidth(text, 18, fault);
    const right = { from: mark.x + GAP, to: mark.x + GAP + w, anchor: 'start' as const };
    const other = { from: mark.x - GAP - w, to: mark.x - GAP, anchor: 'end' as const };
    mark.span =
      [right, other].find((span) => span.from >= left && span.to <= rightEnd && isFree(span, marks, mark)) ??
      null;
    if (mark.span !== null) speaker = mark;
    else if (speaker !== null) speaker.hidden++;
  }
}

/** No label there yet, and no mark of another flag. */
function isFree({ from, to }: Span, marks: readonly Mark[], own: Mark): boolean {
  return marks.every((other) => {
    if (other === own) return true;
    const besideMark = other.x + MARK <= from || other.x - MARK >= to;
    const label = other.span;
    return besideMark && (label === null || label.to + BETWEEN <= from || label.from >= to + BETWEEN);
  });
}

/** The newest has its label even if it just happened in a crowd: there is always some room right of now. */
function squeezed({ flag: { lane, fault, text }, x }: Mark, rightEnd: number): PlacedFlag {
  const room = rightEnd - x - GAP;
  const label = {
    text: fitText(text, room / NARROWEST, 18, fault),
    x: x + GAP,
    anchor: 'start' as const,
    room,
  };
  return { x, lane, fault, label };
}

function placed(mark: Mark, marks: readonly Mark[], rightEnd: number): PlacedFlag {
  const { flag, x, span, hidden } = mark;
  const { lane, fault, text } = flag;
  if (span === null) return { x, lane, fault, label: null };
  const counted = hidden === 0 ? text : `${text} +${hidden}`;
  const more = textWidth(counted, 18, fault) - textWidth(text, 18, fault);
  const wider =
    span.anchor === 'start' ? { ...span, to: span.to + more } : { ...span, from: span.from - more };
  const fits = wider.to <= rightEnd && isFree(wider, marks, mark);
  const label = {
    text: fits ? counted : text,
    anchor: span.anchor,
    x: span.anchor === 'start' ? span.from : span.to,
  };
  return { x, lane, fault, label };
}
