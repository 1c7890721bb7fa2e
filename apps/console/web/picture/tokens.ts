import type { Box, Point } from './layout.ts';

const PITCH = 15;
const SIZE = 12;

/** A place for each of `count` tokens in `box`, row by row; null = they do not fit, and a count must do. */
export function tokensFor(count: number, { x, y, w, h }: Box): Point[] | null {
  const columns = Math.floor((w - SIZE) / PITCH) + 1;
  const rows = Math.floor((h - SIZE) / PITCH) + 1;
  if (rows < 1 || count > columns * rows) return null;
  return Array.from({ length: count }, (_, index) => ({
    x: x + (index % columns) * PITCH,
    y: y + Math.floor(index / columns) * PITCH,
  }));
}

/** A heap on the floor under `x`: wide below, narrow on top, no wider than from `left` to `right`, at most four rows. */
export function heapOf(
  count: number,
  { x, floorY, left, right }: { x: number; floorY: number; left: number; right: number },
) {
  const most = Math.max(1, Math.floor((right - left) / PITCH));
  const rows: number[] = [];
  let placed = 0;
  for (
    let row = Math.min(most, widthFor(count, most));
    placed < count && rows.length < MAX_ROWS && row > 0;
    row -= 2
  ) {
    rows.push(Math.min(row, count - placed));
    placed += rows.at(-1) ?? 0;
  }
  const middle = Math.min(
    Math.max(x, left + ((rows[0] ?? 0) * PITCH) / 2),
    right - ((rows[0] ?? 0) * PITCH) / 2,
  );
  return rows.flatMap((inRow, row) =>
    Array.from({ length: inRow }, (_, index) => ({
      x: middle - (inRow * PITCH) / 2 + index * PITCH + wobble(row * 31 + index, 2),
      y: floorY - 13 - row * 11 - Math.abs(wobble(index * 7 + row, 1)),
      turn: Math.round(wobble(row * 17 + index * 5, 38)),
    })),
  );
}

const MAX_ROWS = 4;

/** How wide the lowest row must be for `count` in rows that shrink by two. */
function widthFor(count: number, most: number): number {
  for (let width = 3; width < most; width++) {
    const rows = Math.min(MAX_ROWS, Math.ceil(width / 2));
    if (rows * (width - rows + 1) >= count) return width;
  }
  return most;
}

/** Between -reach and reach, the same every time: what lies there does not move when the page is drawn again. */
function wobble(seed: number, reach: number): number {
  const random = Math.sin(seed * 12.9898 + 4.1) * 43758.5453;
  return (random - Math.floor(random) - 0.5) * 2 * reach;
}
