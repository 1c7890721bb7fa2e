import type { ComponentChildren } from 'preact';
import type { Point } from '../layout.ts';
import { Text } from '../marks.tsx';

/** A cookie with a bite, 32 px, and something on it. */
export function Cookie({ x, y, children }: Point & { children?: ComponentChildren }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <path
        d="M16 0a16 16 0 1 0 16 16 7 7 0 0 1-7.6-6.2A7.4 7.4 0 0 1 16 0z"
        fill="var(--band)"
        stroke="var(--edge)"
        stroke-width="2"
      />
      <Text x={14.5} y={22.5} bold anchor="middle">
        {children}
      </Text>
    </g>
  );
}

export function Arrow({ from, to }: { from: Point; to: Point }) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const turn = (Math.atan2(dy, dx) * 180) / Math.PI;
  return (
    <path
      d={`M0 0h${Math.hypot(dx, dy)}m-7-6 7 6-7 6`}
      transform={`translate(${from.x} ${from.y}) rotate(${turn})`}
      fill="none"
      stroke="var(--edge)"
      stroke-width="2.5"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  );
}
