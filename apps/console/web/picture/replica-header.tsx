import { isGone } from './badge.tsx';
import type { ReplicaPlace } from './layout.ts';
import { PauseSign, Text } from './marks.tsx';
import { toneOf } from './patterns.tsx';
import { textWidth } from './text.ts';
import type { ReplicaLook } from './view.ts';

interface Props {
  place: ReplicaPlace;
  replica: ReplicaLook;
}

/** A card that has to save room. */
export const isLow = ({ h }: ReplicaPlace): boolean => h < 80;

/** y of the header's text: in the middle of a line, on top of a card. */
function baseOf(place: ReplicaPlace): number {
  if (place.style !== 'card') return place.y + place.h / 2 + 6.5;
  return place.y + (isLow(place) ? 23 : 27);
}

export function Header({ place, replica, gone }: Props & { gone: boolean }) {
  const { x, w } = place;
  const base = baseOf(place);
  const hatched = replica.state === 'draining';
  const nameW = textWidth(replica.id, 18, true) + 14;
  const right = x + w - 12;
  const word = wordFor(place, replica);
  const sign = replica.state === 'frozen' ? 24 : 0;
  const room = right - textWidth(word, 18, true) - sign - (x + 24 + nameW);
  return (
    <>
      <NamePlate replica={replica} x={x + 18} base={base} w={nameW} />
      {room > textWidth(replica.life) + 8 && (
        <OnHatch
          text={replica.life}
          x={x + 24 + nameW}
          y={base}
          hatched={hatched}
          tone={gone ? 'dead-ink' : 'ink-2'}
        />
      )}
      {sign > 0 && <PauseSign x={right - textWidth(word, 18, true) - 12} y={base - 6} />}
      <OnHatch text={word} x={right} y={base} end bold hatched={hatched} tone={gone ? 'dead-ink' : 'ink'} />
    </>
  );
}

function NamePlate({ replica, x, base, w }: { replica: ReplicaLook; x: number; base: number; w: number }) {
  const gone = isGone(replica.state);
  const hollow = gone || replica.state === 'starting';
  const tone = toneOf(replica.number);
  return (
    <>
      <rect
        x={x}
        y={base - 19}
        width={w}
        height={26}
        rx={4}
        fill={gone ? 'var(--dead)' : hollow ? 'var(--ground)' : `var(--r${tone})`}
        stroke={gone ? 'var(--dead-ink)' : hollow ? 'var(--edge)' : 'var(--outline)'}
        stroke-width="2"
        stroke-dasharray={hollow ? '4 3' : undefined}
      />
      <Text
        x={x + w / 2}
        y={base}
        bold
        anchor="middle"
        tone={gone ? 'dead-ink' : hollow ? 'ink' : `r${tone}-on`}
      >
        {replica.id}
      </Text>
    </>
  );
}

/** Hatched ground runs through letters: these stand on a strip of their own. */
export function OnHatch(props: {
  text: string;
  x: number;
  y: number;
  hatched: boolean;
  tone: 'ink' | 'ink-2' | 'dead-ink';
  end?: boolean;
  bold?: boolean;
  room?: number;
}) {
  const { text, x, y, hatched, tone, end = false, bold = false, room = 1000 } = props;
  const w = Math.min(room, textWidth(text, 18, bold)) + 6;
  return (
    <>
      {hatched && (
        <rect x={end ? x - w + 3 : x - 3} y={y - 17} width={w} height={23} rx={3} fill="var(--ground)" />
      )}
      <Text x={x} y={y} bold={bold} anchor={end ? 'end' : 'start'} tone={tone} room={room}>
        {text}
      </Text>
    </>
  );
}

/** In a line there is no room for tokens: what it holds is more than how many are pinned. */
function wordFor({ style }: ReplicaPlace, { sessions, state, word, owned }: ReplicaLook): string {
  if (style !== 'line' || state !== 'ready' || sessions === null) return word;
  return cartsText(Math.min(sessions.filled, owned ?? sessions.filled));
}

export const cartsText = (count: number): string => (count === 1 ? '1 cart' : `${count} carts`);
