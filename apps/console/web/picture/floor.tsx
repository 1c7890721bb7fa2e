import { useRef } from 'preact/hooks';
import type { PictureLayout } from './layout.ts';
import { Tag } from './marks.tsx';
import { patternOf } from './patterns.tsx';
import { textWidth } from './text.ts';
import { heapOf } from './tokens.ts';
import { AT_FIRST, type FloorLook, type PictureView } from './view.ts';

/** Spread over this long they fall one after the other, not as a block. */
const SPREAD_MS = 500;

/** What is lost lies here. What is lost while the page looks on falls, once; a page opened later finds it lying. */
export function Floor({ layout, view }: { layout: PictureLayout; view: PictureView }) {
  const { floor, laneX } = layout;
  const { lost, text, rest } = view.floor;
  const textEnd = floor.x + textWidth(text, 18, lost > 0) + textWidth(rest) + 24;
  const heap = heapOf(lost, {
    x: laneX,
    floorY: floor.y,
    left: Math.min(textEnd, laneX - 40),
    right: floor.right,
  });
  const lying = useLying(lost);
  return (
    <>
      <path
        d={`M${floor.x} ${floor.y}H${floor.right}`}
        stroke={lost > 0 ? 'var(--edge)' : 'var(--line)'}
        stroke-width="2"
      />
      <Lane layout={layout} view={view} />
      {heap.map((token, index) => (
        <g
          key={index}
          class={index >= lying ? 'falling' : undefined}
          style={fall(index, lying, heap.length, laneX - token.x)}
        >
          <Tag x={token.x} y={token.y} turn={token.turn} fill={fillOf(view.floor, index, heap.length)} />
        </g>
      ))}
      <text x={floor.x} y={floor.y - 12} font-size="18" fill="var(--ink-2)">
        <tspan
          font-weight={text === AT_FIRST ? 400 : 700}
          fill={lost > 0 ? 'var(--broken-ink)' : 'var(--ink-2)'}
        >
          {text}
        </tspan>
        {rest !== '' && <tspan dx="8">{rest}</tspan>}
      </text>
    </>
  );
}

/** How many had fallen before the last ones did: those after it are falling. */
function useLying(lost: number): number {
  const fallen = useRef({ lying: lost, seen: lost });
  const { seen } = fallen.current;
  if (lost > seen) fallen.current = { lying: seen, seen: lost };
  if (lost < seen) fallen.current = { lying: lost, seen: lost };
  return fallen.current.lying;
}

function fall(index: number, lying: number, count: number, dx: number): Record<string, string> | undefined {
  if (index < lying) return undefined;
  const delay = ((index - lying) / Math.max(1, count - lying)) * SPREAD_MS;
  return { '--delay': `${Math.round(delay)}ms`, '--dx': `${Math.round(dx)}px` };
}

/** The heap in the colours of those who died, in the order they did. */
function fillOf({ from }: FloorLook, index: number, count: number): string {
  const number = from[Math.floor((index / Math.max(1, count)) * from.length)] ?? 0;
  return number === 0 ? 'var(--store)' : patternOf(number);
}

/** From the one that died to the heap. */
function Lane({ layout, view }: { layout: PictureLayout; view: PictureView }) {
  const { laneX, floor } = layout;
  if (view.floor.lost === 0) return null;
  return view.replicas.map((replica, index) => {
    const place = layout.replicas[index];
    if (!place || place.style === 'cell' || replica.state !== 'dead' || replica.ghosts === 0) return null;
    const y = place.arrive.y;
    return (
      <path
        key={replica.id}
        d={`M${place.x + place.w + 1} ${y}H${laneX - 4}q4 0 4 5V${floor.y - 44}`}
        fill="none"
        stroke="var(--broken)"
        stroke-width="2"
        stroke-dasharray="2 6"
        stroke-linecap="round"
      />
    );
  });
}
