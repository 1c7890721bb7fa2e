import { Badge, BadgeGrid, isGone } from '../badge.tsx';
import type { Box } from '../layout.ts';
import { Cross } from '../marks.tsx';
import type { ReplicaLook } from '../view.ts';
import { isOut } from '../view-replicas.ts';
import { Arrow, Cookie } from './marks.tsx';
import type { RuleProps } from './rule.ts';

/** More than these do not fit as rows. */
const ROWS = 4;
const SIZE = 32;

/** LB cookie: each shopper brings the number of its replica along. */
export function Cookies({ box, view }: RuleProps) {
  const { replicas } = view;
  if (replicas.length > ROWS) return <Many box={box} replicas={replicas} />;
  const pitch = Math.min(46, (box.h - SIZE) / Math.max(1, replicas.length - 1));
  const top = box.y + (box.h - SIZE - pitch * (replicas.length - 1)) / 2;
  return replicas.map((replica, index) => (
    <Row key={replica.id} replica={replica} x={box.x + 3} y={top + index * pitch} right={box.x + box.w - 3} />
  ));
}

function Row({ replica, x, y, right }: { replica: ReplicaLook; x: number; y: number; right: number }) {
  const middle = y + SIZE / 2;
  const [from, to] = [x + SIZE + 8, right - SIZE - 8];
  return (
    <>
      <Cookie x={x} y={y}>
        {replica.number}
      </Cookie>
      {/* Also in a panic: it lets new shoppers go there, and no pin counts. */}
      {isGone(replica.state) || isOut(replica.state) || replica.cut ? (
        <>
          <path
            d={`M${from} ${middle}H${to}`}
            stroke="var(--mute)"
            stroke-width="2.5"
            stroke-dasharray="8 22"
          />
          <Cross x={(from + to) / 2} y={middle} />
        </>
      ) : (
        <Arrow from={{ x: from, y: middle }} to={{ x: to, y: middle }} />
      )}
      <Badge replica={replica} x={right - SIZE} y={y} size={SIZE} />
    </>
  );
}

function Many({ box, replicas }: { box: Box; replicas: ReplicaLook[] }) {
  const middle = box.x + box.w / 2;
  return (
    <>
      <Cookie x={middle - 16} y={box.y}>
        n
      </Cookie>
      <Arrow from={{ x: middle, y: box.y + 36 }} to={{ x: middle, y: box.y + 52 }} />
      <BadgeGrid replicas={replicas} box={{ ...box, y: box.y + 58, h: box.h - 58 }} size={26} />
    </>
  );
}
