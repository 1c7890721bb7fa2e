import type { ReplicaPlace } from './layout.ts';
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
  if (gone) {
    const places = tokensFor(replica.ghosts, box);
    if (replica.ghosts === 0 || places === null) {
      return line(replica.ghosts === 0 ? replica.remark : `${replica.ghosts} sessions died`);
    }
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
  if (replica.sessions === null) return line(replica.remark);
  const { filled, empty } = replica.sessions;
  if (filled + empty === 0) return line('no session yet');
  const places = tokensFor(filled + empty, box);
  if (places === null) return line(empty === 0 ? cartsText(filled) : `${cartsText(filled)} · ${empty} empty`);
  const colour = `var(--r${toneOf(replica.number)})`;
  return places.map((token, index) => (
    <Tag key={index} {...token} fill={index < filled ? colour : 'var(--ground)'} />
  ));
}

const ghost = ({ x, y }: { x: number; y: number }): string => `M${x} ${y + 1}h10v10h-10z`;
