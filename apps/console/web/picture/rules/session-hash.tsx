import { Text } from '../marks.tsx';
import { Hash } from './hash.tsx';
import { Cookie } from './marks.tsx';
import type { RuleProps } from './rule.ts';

/** Session hash: the shop's own session cookie decides. */
export function SessionHash(props: RuleProps) {
  const { x, y, w } = props.box;
  return (
    <Hash {...props}>
      <Cookie x={x + w / 2 - 52} y={y - 1} />
      <Text x={x + w / 2 - 14} y={y + 22}>
        session
      </Text>
    </Hash>
  );
}
