import type { ComponentChildren } from 'preact';
import type { Point } from './layout.ts';
import { measuredWidth } from './ruler.ts';
import { textWidth } from './text.ts';

/** The few drawings everything is made of. The crack is the one motif: where it is, something broke. */

/** The estimate is never too small, so that most texts need no measuring. */
const isTight = (text: string, size: number, bold: boolean, room: number): boolean =>
  textWidth(text, size, bold) > room && measuredWidth(text, size, bold) > room;

/** A text of the picture: 18 px unless it says otherwise. */
export function Text(props: {
  x: number;
  y: number;
  children: ComponentChildren;
  size?: number;
  bold?: boolean;
  anchor?: 'start' | 'middle' | 'end';
  tone?: 'ink' | 'ink-2' | 'dead-ink' | 'broken-ink' | `r${number}-on`;
  /** px there are for it: letters of a longer text are narrower, never lower */
  room?: number | undefined;
}) {
  const { x, y, size = 18, bold = false, anchor = 'start', tone = 'ink', room } = props;
  const tight = room !== undefined && isTight(String(props.children), size, bold, room);
  return (
    <text
      x={x}
      y={y}
      font-size={size}
      font-weight={bold ? 700 : 400}
      text-anchor={anchor}
      fill={`var(--${tone})`}
      textLength={tight ? room : undefined}
      lengthAdjust={tight ? 'spacingAndGlyphs' : undefined}
    >
      {props.children}
    </text>
  );
}

/** Both carts, once a picture: a place refers to them, so that two hundred of them stay cheap. */
export function CartSymbols() {
  return (
    <>
      <symbol id="cart" viewBox="0 0 24 24" overflow="visible">
        <g stroke="var(--edge)" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round">
          <path d="M5.2 6.2H22l-2.4 8.6H7.6z" />
          <path d="M1.4 3h3l3.2 11.8" fill="none" />
          <circle cx="9.6" cy="19.6" r="1.9" fill="var(--edge)" stroke="none" />
          <circle cx="17.6" cy="19.6" r="1.9" fill="var(--edge)" stroke="none" />
        </g>
      </symbol>
      <symbol id="cart-broken" viewBox="0 0 24 24" overflow="visible">
        <CartHalves />
      </symbol>
    </>
  );
}

/** Left half solid and standing, right half torn off and falling: the mark, and the state "broken". */
export function CartHalves() {
  return (
    <g stroke-linejoin="round" stroke-linecap="round">
      <path d="M1.2 2.6h3l1.2 4" fill="none" stroke="var(--edge)" stroke-width="2" />
      <path
        d="M5 6.2h6.6L9.4 9.8l2.8 1.8-1.7 3.4H7.4z"
        fill="var(--edge)"
        stroke="var(--edge)"
        stroke-width="1"
      />
      <circle cx="8.8" cy="19.6" r="2" fill="var(--edge)" />
      <g transform="translate(2 1.6) rotate(14 17 11)">
        <path
          d="M13.9 6.2H21.6l-2.4 8.8h-6.4l1.8-3.4-2.8-1.8z"
          fill="var(--broken)"
          stroke="var(--broken)"
          stroke-width="1.6"
        />
      </g>
      <circle cx="19" cy="21" r="2" fill="var(--broken)" />
    </g>
  );
}

export function Mark({ size }: { size: number }) {
  return (
    <svg class="mark" viewBox="0 0 25 24" width={size} height={size} aria-hidden="true">
      <CartHalves />
    </svg>
  );
}

/** A session: a price tag, 11 px. */
export function Tag({ x, y, fill, turn = 0 }: Point & { fill: string; turn?: number }) {
  return (
    <path
      d="M0 2.2 2.2 0H9.6a1.4 1.4 0 0 1 1.4 1.4V9.6A1.4 1.4 0 0 1 9.6 11H2.2L0 8.8z"
      transform={`translate(${x} ${y})${turn === 0 ? '' : ` rotate(${turn} 5.5 5.5)`}`}
      fill={fill}
      stroke="var(--edge)"
      stroke-width="1.4"
    />
  );
}

export function Cross({ x, y, r = 5 }: Point & { r?: number }) {
  return (
    <path
      d={`M${x - r} ${y - r}l${2 * r} ${2 * r}M${x + r} ${y - r}l${-2 * r} ${2 * r}`}
      stroke="var(--ink)"
      stroke-width="3"
      stroke-linecap="round"
    />
  );
}

/** Two bars: it stands still. */
export function PauseSign({ x, y, h = 16 }: Point & { h?: number }) {
  return (
    <path
      d={`M${x - 4} ${y - h / 2}v${h}M${x + 4} ${y - h / 2}v${h}`}
      stroke="var(--edge)"
      stroke-width="4"
      stroke-linecap="round"
    />
  );
}

/** The crack as a line: a fault on the time line, and nowhere else. */
export function zigzag(x: number, from: number, to: number, reach = 3, step = 6): string {
  let path = `M${x} ${from}`;
  let side = reach;
  for (let y = from + step; y < to; y += step) {
    path += `L${x + side} ${y}`;
    side = -side;
  }
  return `${path}L${x} ${to}`;
}
