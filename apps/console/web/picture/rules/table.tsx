import { Badge } from '../badge.tsx';
import type { Box } from '../layout.ts';
import { Text } from '../marks.tsx';
import { fitText } from '../text.ts';
import type { PictureView, ReplicaLook } from '../view.ts';
import type { RuleProps } from './rule.ts';

const ROW_H = 26;

/** LB table: who is where, in the proxy's own memory. It is there to be seen, and lost when the proxy restarts. */
export function Table({ box, view }: RuleProps) {
  const rows = rowsOf(view);
  const room = Math.floor((box.h - 4) / ROW_H) - 1;
  const shown = rows.slice(0, room);
  const total = rows.length;
  return (
    <>
      <rect
        x={box.x}
        y={box.y}
        width={box.w}
        height={ROW_H * (room + 1) + 2}
        rx={3}
        fill="var(--ground)"
        stroke="var(--edge)"
        stroke-width="2"
      />
      <path d={dividers(box, room + 1)} stroke="var(--line)" stroke-width="1" />
      {shown.map(({ key, name, replica }, index) => (
        <Row key={key} box={box} y={box.y + index * ROW_H} name={name} replica={replica} />
      ))}
      <Text x={box.x + box.w / 2} y={box.y + room * ROW_H + 20} anchor="middle" tone="ink-2">
        {total > room ? `… ${total} rows` : total === 1 ? '1 row' : `${total} rows`}
      </Text>
    </>
  );
}

const dividers = ({ x, y, w }: Box, rows: number): string =>
  Array.from({ length: rows - 1 }, (_, index) => `M${x} ${y + (index + 1) * ROW_H}h${w}`).join('');

function Row({ box, y, name, replica }: { box: Box; y: number; name: string; replica: ReplicaLook }) {
  return (
    <>
      <Text x={box.x + 7} y={y + 20}>
        {fitText(name, box.w - 48)}
      </Text>
      <Badge replica={replica} x={box.x + box.w - 30} y={y + 2} size={23} />
    </>
  );
}

/** Students first: they look for their own name. */
function rowsOf({
  students,
  robots,
  replicas,
}: PictureView): { key: string; name: string; replica: ReplicaLook }[] {
  const byNumber = new Map(replicas.map((replica) => [replica.number, replica]));
  return [...students, ...robots].flatMap(({ key, name, pin }) => {
    const replica = pin === null ? undefined : byNumber.get(pin);
    return replica ? [{ key, name: name ?? `robot ${key.slice(1)}`, replica }] : [];
  });
}
