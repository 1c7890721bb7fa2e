import { Badge, BadgeGrid } from '../badge.tsx';
import type { RuleProps } from './rule.ts';

/** More than these do not fit round a circle. */
const ROUND = 7;

/** Round robin: a hand that goes from one to the next, and leaves out who is gone. */
export function Pointer({ box, view }: RuleProps) {
  const { replicas } = view;
  if (replicas.length > ROUND) return <BadgeGrid replicas={replicas} box={box} />;
  const size = replicas.length > 4 ? 28 : 32;
  const centre = { x: box.x + box.w / 2, y: box.y + box.h / 2 };
  const radius = 50;
  const spot = (index: number, r: number) => {
    const turn = (index / Math.max(1, replicas.length)) * 2 * Math.PI - Math.PI / 2;
    return { x: centre.x + r * Math.cos(turn), y: centre.y + r * Math.sin(turn) };
  };
  const next = replicas.findLastIndex(({ state }) => state === 'ready' || state === 'frozen');
  const tip = spot(next, radius - size / 2 - 4);
  return (
    <>
      <circle cx={centre.x} cy={centre.y} r={radius} fill="none" stroke="var(--line)" stroke-width="2" />
      {replicas.map((replica, index) => {
        const { x, y } = spot(index, radius);
        return <Badge key={replica.id} replica={replica} x={x - size / 2} y={y - size / 2} size={size} />;
      })}
      {next >= 0 && (
        <path
          d={`M${centre.x} ${centre.y}L${tip.x} ${tip.y}`}
          stroke="var(--edge)"
          stroke-width="4"
          stroke-linecap="round"
        />
      )}
      <circle cx={centre.x} cy={centre.y} r={6} fill="var(--edge)" />
    </>
  );
}
