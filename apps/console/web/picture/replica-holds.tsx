import type { JSX } from 'preact';
import type { Box, Point, ReplicaPlace } from './layout.ts';
import { Tag } from './marks.tsx';
import { toneOf } from './patterns.tsx';
import { cartsText, isLow, OnHatch } from './replica-header.tsx';
import { tokensFor } from './tokens.ts';
import type { ReplicaLook } from './view.ts';

interface Props {
  place: ReplicaPlace;
  replica: ReplicaLook;
}

/** Its sessions as tokens, as many as there is room for; a dead one shows where they were. */
export function Holds({ place, replica, gone }: Props & { gone: boolean }) {
  const { x, y, w, h } = place;
  const top = isLow(place) ? 34 : 41;
  const box = { x: x + 18, y: y + top, w: w - 28, h: h - top - 3 };
  const tone = gone ? 'dead-ink' : 'ink-2';
  const line = (text: string) => (
    <OnHatch
      text={text}
      x={x + 19}
      y={y + (isLow(place) ? h - 10 : (h + 56) / 2)}
      hatched={replica.state === 'draining'}
      tone={tone}
    />
  );
  if (gone) return ghosts(replica, box, line);
  if (replica.sessions === null) return line(replica.remark);
  const { filled, empty } = replica.sessions;
  if (filled + empty === 0) return line('no session yet');
  const tags = (places: Point[], full: number) =>
    places.map((token, index) => (
      <Tag
        key={index}
        {...token}
        fill={index < full ? `var(--r${toneOf(replica.number)})` : 'var(--ground)'}
      />
    ));
  const places = tokensFor(filled + empty, box);
  if (places !== null) return tags(places, filled);
  const owned = Math.min(filled, replica.owned ?? 0);
  const text = manyText(replica);
  const above = owned === 0 ? null : tokensFor(owned, { ...box, h: box.h - LINE });
  if (above === null) return line(text);
  return (
    <>
      {tags(above, owned)}
      <OnHatch
        text={filled > owned ? `+ ${filled - owned} left over` : `+ ${empty} empty`}
        x={x + 19}
        y={y + h - 5}
        hatched={replica.state === 'draining'}
        tone={tone}
      />
    </>
  );
}

/** Where the sessions of a dead replica were. */
function ghosts(replica: ReplicaLook, box: Box, line: (text: string) => JSX.Element) {
  if (replica.ghosts === 0) return line(replica.remark);
  const places = tokensFor(replica.ghosts, box);
  if (places === null) return line(`${replica.ghosts} sessions died`);
  return (
    <path
      d={places.map(ghost).join('')}
      fill="none"
      stroke="var(--dead-ink)"
      stroke-width="1.3"
      stroke-dasharray="2 2"
    />
  );
}

/** Height of a line of text under the tokens. */
const LINE = 17;

/** More than there is room for. What nobody owns was left by shoppers of before, or of elsewhere. */
function manyText({ sessions, owned }: ReplicaLook): string {
  const { filled, empty } = sessions ?? { filled: 0, empty: 0 };
  const left = filled - Math.min(filled, owned ?? 0);
  if (owned !== null && left > 0) {
    return owned === 0 ? `${left} left over` : `${cartsText(owned)} · ${left} left over`;
  }
  const text = owned === null ? `${filled} sessions` : cartsText(filled);
  return empty === 0 ? text : `${text} · ${empty} empty`;
}

const ghost = ({ x, y }: { x: number; y: number }): string => `M${x} ${y + 1}h10v10h-10z`;
