import type { ComponentChildren } from 'preact';
import { BadgeGrid } from '../badge.tsx';
import { Text } from '../marks.tsx';
import { Arrow } from './marks.tsx';
import type { RuleProps } from './rule.ts';

/** Something of the client ▸ # ▸ a replica. `children` draws what goes in, above `box.y + 32`. */
export function Hash({ box, view, children }: RuleProps & { children: ComponentChildren }) {
  const middle = box.x + box.w / 2;
  const [mill, grid] = [box.y + 48, box.y + 98];
  return (
    <>
      {children}
      <Arrow from={{ x: middle, y: box.y + 33 }} to={{ x: middle, y: mill - 1 }} />
      <rect
        x={middle - 22}
        y={mill + 1}
        width={44}
        height={30}
        rx={15}
        fill="var(--band)"
        stroke="var(--edge)"
        stroke-width="2"
      />
      <Text x={middle} y={mill + 23} bold anchor="middle" size={20}>
        #
      </Text>
      <Arrow from={{ x: middle, y: mill + 33 }} to={{ x: middle, y: grid - 1 }} />
      <BadgeGrid replicas={view.replicas} box={{ ...box, y: grid + 2, h: box.h - 100 }} size={28} />
    </>
  );
}
