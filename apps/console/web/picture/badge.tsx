import type { Box } from './layout.ts';
import { Text } from './marks.tsx';
import { toneOf } from './patterns.tsx';
import type { ReplicaLook } from './view.ts';

export const isGone = (state: ReplicaLook['state']): boolean => state === 'dead' || state === 'stopping';

/** Number of a replica on its colour; one that is gone is grey and dashed. */
export function Badge(props: {
  replica: Pick<ReplicaLook, 'number' | 'state'>;
  x: number;
  y: number;
  size: number;
}) {
  const { replica, x, y, size } = props;
  const { number, state } = replica;
  const tone = toneOf(number);
  const gone = isGone(state);
  const hollow = state === 'starting';
  return (
    <>
      <rect
        x={x}
        y={y}
        width={size}
        height={size}
        rx={5}
        fill={gone ? 'var(--dead)' : hollow ? 'var(--ground)' : `var(--r${tone})`}
        stroke={gone ? 'var(--dead-ink)' : hollow ? 'var(--edge)' : 'var(--outline)'}
        stroke-width="2"
        stroke-dasharray={gone ? '4 3' : hollow ? '2 3' : undefined}
      />
      <Text
        x={x + size / 2}
        y={y + size / 2 + 6.5}
        bold
        anchor="middle"
        tone={gone ? 'dead-ink' : hollow ? 'ink' : `r${tone}-on`}
      >
        {number}
      </Text>
    </>
  );
}

/** Badges in rows that fill a box from its middle; more than fit are a count. */
export function BadgeGrid({
  replicas,
  box,
  size = 28,
}: {
  replicas: ReplicaLook[];
  box: Box;
  size?: number;
}) {
  const places = gridOf(replicas.length, box, size);
  if (places === null) {
    return (
      <Text x={box.x + box.w / 2} y={box.y + box.h / 2 + 6} bold anchor="middle">
        {replicas.length} replicas
      </Text>
    );
  }
  return replicas.map((replica, index) => {
    const { x, y } = places[index] ?? box;
    return <Badge key={replica.id} replica={replica} x={x} y={y} size={size} />;
  });
}

/** Where each of `count` badges goes; null = they do not fit. */
function gridOf(count: number, { x, y, w, h }: Box, size: number): { x: number; y: number }[] | null {
  const pitch = size + 3;
  const most = Math.floor((w + 3) / pitch);
  const rows = Math.ceil(count / most);
  if (rows * pitch - 3 > h) return null;
  const columns = Math.ceil(count / rows);
  const top = y + (h - rows * pitch + 3) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = x + (w - inRow * pitch + 3) / 2;
    return { x: left + (index % columns) * pitch, y: top + row * pitch };
  });
}
