import type { Box } from './layout.ts';
import { Tag, Text } from './marks.tsx';
import { patternOf } from './patterns.tsx';
import { fitText } from './text.ts';
import type { PictureView, ShopperLook } from './view.ts';

export interface LookProps {
  place: Box;
  shopper: ShopperLook;
  view: PictureView;
  pill: boolean;
}

/** One of many: its basket in the pattern of its replica, its session in it when it carries it. */
export function Cart({ place: { x, y, w }, shopper: { broken, pin }, view }: LookProps) {
  const size = w * 0.88;
  return (
    <>
      {view.carried && w > 14 && <Tag x={x + size * 0.33} y={y - 3} fill="var(--store)" />}
      <use
        href={broken ? '#cart-broken' : '#cart'}
        x={x}
        y={y}
        width={broken ? size * 1.08 : size}
        height={broken ? size * 1.08 : size}
        fill={pin === null ? 'var(--ground)' : patternOf(pin)}
      />
    </>
  );
}

/** A student: cart and name. */
export function Named({ place, shopper, view, pill }: LookProps) {
  const { x, y, w, h } = place;
  const middle = y + h / 2;
  const left = x + (pill ? 8 : 0);
  const textX = left + (pill ? 24 : 19);
  return (
    <>
      {pill && <Pill place={place} broken={shopper.broken} />}
      {view.carried && pill && <Tag x={left + 7} y={middle - 12} fill="var(--store)" />}
      <NamedMark x={left} middle={middle} shopper={shopper} pill={pill} />
      <Name
        text={shopper.name ?? ''}
        x={textX}
        y={middle + 6.5}
        room={x + w - textX - (pill ? 8 : 1)}
        broken={shopper.broken}
        pill={pill}
      />
    </>
  );
}

/** Among many names a whole cart is a square of its colour: what is broken must be found. */
function NamedMark(props: { x: number; middle: number; shopper: ShopperLook; pill: boolean }) {
  const { x, middle, shopper, pill } = props;
  const fill = shopper.pin === null ? 'var(--ground)' : patternOf(shopper.pin);
  if (!shopper.broken && !pill) {
    return (
      <rect
        x={x + 2}
        y={middle - 5.5}
        width={11}
        height={11}
        rx={2}
        fill={fill}
        stroke="var(--edge)"
        stroke-width="1.5"
      />
    );
  }
  const size = pill ? 20 : 15;
  const href = shopper.broken ? '#cart-broken' : '#cart';
  return <use href={href} x={x} y={middle - size / 2} width={size} height={size} fill={fill} />;
}

function Pill({ place: { x, y, w, h }, broken }: { place: Box; broken: boolean }) {
  return (
    <rect
      x={x + 1}
      y={y + 1}
      width={w - 2}
      height={h - 2}
      rx={(h - 2) / 2}
      fill={broken ? 'var(--broken-wash)' : 'none'}
      stroke={broken ? 'var(--broken)' : 'var(--line)'}
      stroke-width="2"
      stroke-dasharray={broken ? '5 3' : undefined}
    />
  );
}

/** Letters may be this much narrower before a name is cut: never lower, and hardly ever shorter. */
const NARROWEST = 0.68;

function Name(props: { text: string; x: number; y: number; room: number; broken: boolean; pill: boolean }) {
  const { text, x, y, room, broken, pill } = props;
  const bold = broken && pill;
  return (
    <Text x={x} y={y} bold={bold} room={room} tone={broken && !pill ? 'broken-ink' : 'ink'}>
      {fitText(text, room / NARROWEST, 18, bold)}
    </Text>
  );
}
