import type { Box } from './layout.ts';
import { Text } from './marks.tsx';
import { ruleOf } from './rules/index.ts';
import type { PictureView } from './view.ts';

/** The proxy: its affinity by name and as a picture, and what it just did about a replica that is gone. */
export function ProxyBox({ box, view }: { box: Box; view: PictureView }) {
  const middle = box.x + box.w / 2;
  const Rule = ruleOf(view.affinity);
  const room = box.w - 8;
  const { lines, news } = view.note;
  return (
    <>
      <rect
        x={box.x}
        y={box.y}
        width={box.w}
        height={box.h}
        rx={8}
        fill="var(--ground)"
        stroke="var(--edge)"
        stroke-width="2"
      />
      <Text x={middle} y={box.y + 28} anchor="middle" tone="ink-2">
        proxy
      </Text>
      <Text x={middle} y={box.y + 54} anchor="middle" size={20} bold room={room}>
        {view.affinityLabel}
      </Text>
      {Rule && <Rule box={{ x: box.x + 8, y: box.y + 68, w: box.w - 16, h: box.h - 132 }} view={view} />}
      <Text x={middle} y={box.y + box.h - 38} anchor="middle" room={room}>
        {lines[0]}
      </Text>
      <Text x={middle} y={box.y + box.h - 14} anchor="middle" bold={news} room={room}>
        {lines[1]}
      </Text>
    </>
  );
}
