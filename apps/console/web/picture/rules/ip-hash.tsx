import { Text } from '../marks.tsx';
import { Hash } from './hash.tsx';
import type { RuleProps } from './rule.ts';

/** IP hash: the address alone decides. A class behind one router is one address. */
export function AddressHash(props: RuleProps) {
  const { x, y, w } = props.box;
  return (
    <Hash {...props}>
      <rect
        x={x + 8}
        y={y + 1}
        width={w - 16}
        height={29}
        rx={4}
        fill="var(--ground)"
        stroke="var(--edge)"
        stroke-width="2"
      />
      <Text x={x + w / 2} y={y + 22} anchor="middle">
        address
      </Text>
    </Hash>
  );
}
