import { Badge, BadgeGrid, isGone } from '../badge.tsx';
import type { RuleProps } from './rule.ts';

/** As many lines as can be told apart. */
const LINES = 9;
const ROWS = 5;

/** Per connection: whoever stays connected stays with one replica. One line a connection. */
export function Connection({ box, view }: RuleProps) {
  const { replicas } = view;
  if (replicas.length > ROWS) return <BadgeGrid replicas={replicas} box={box} />;
  const size = replicas.length > 4 ? 28 : 32;
  const pitch = Math.min(46, (box.h - size) / Math.max(1, replicas.length - 1));
  const top = box.y + (box.h - size - pitch * (replicas.length - 1)) / 2;
  const right = box.x + box.w - size - 3;
  const alive = replicas.flatMap(({ state }, index) => (isGone(state) ? [] : [index]));
  const lines = Array.from({ length: LINES }, (_, line) => ({
    from: box.y + 8 + (line * (box.h - 16)) / (LINES - 1),
    to: top + (alive[line % Math.max(1, alive.length)] ?? 0) * pitch + size / 2,
  }));
  return (
    <>
      {alive.length > 0 &&
        lines.map(({ from, to }) => (
          <path
            key={from}
            d={`M${box.x + 6} ${from}C${box.x + 44} ${from} ${right - 40} ${to} ${right - 2} ${to}`}
            fill="none"
            stroke="var(--ink-2)"
            stroke-width="2"
          />
        ))}
      {lines.map(({ from }) => (
        <circle
          key={from}
          cx={box.x + 6}
          cy={from}
          r={4}
          fill="var(--ground)"
          stroke="var(--edge)"
          stroke-width="2"
        />
      ))}
      {replicas.map((replica, index) => (
        <Badge key={replica.id} replica={replica} x={right} y={top + index * pitch} size={size} />
      ))}
    </>
  );
}
