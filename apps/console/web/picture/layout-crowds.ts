import type { Box, Counts, Point } from './layout.ts';

/** Students, or robots: a title and a place for each. */
export interface Crowd {
  /** pills: a name in a frame · names: a name beside a cart · carts: one each · bar: all as one */
  style: 'pills' | 'names' | 'carts' | 'bar';
  title: Point & { right: number };
  /** by slot; of a bar: the bar */
  places: Box[];
}

/** Above this many nobody is drawn alone. */
export const MAX_ALONE = 200;
/** Above this many students are carts without names. */
export const MAX_NAMED = 40;
const TITLE_H = 26;
const BETWEEN = 8;
const BAR_H = 22;
/** A cart that can still be told whole from broken. */
const SMALLEST = 9;
const LARGEST = 22;
/** Height of a cart's place for each px of its width. */
const TALL = 1.14;

/** Names in columns and rows, by how many there can be: the first that holds them all. */
const NAMES = [
  { most: 8, columns: 2, gap: 6, pitch: 31, h: 28, style: 'pills' },
  { most: 18, columns: 3, gap: 5, pitch: 29, h: 26, style: 'pills' },
  { most: MAX_NAMED, columns: 4, gap: 6, pitch: 21, h: 21, style: 'names' },
] as const;

/** Students above, robots below, in `zone`. */
export function layCrowds(
  { students, robots }: Pick<Counts, 'students' | 'robots'>,
  zone: Box,
): { students: Crowd | null; robots: Crowd | null } {
  const named = students === 0 ? null : layStudents(students, zone, robots > 0);
  const used = named === null ? 0 : bottomOf(named) + BETWEEN;
  const rest = { ...zone, y: zone.y + used, h: zone.h - used };
  return { students: named, robots: robots === 0 ? null : layCarts(robots, rest) };
}

function layStudents(count: number, zone: Box, beside: boolean): Crowd {
  const row = NAMES.find(({ most }) => count <= most);
  if (row === undefined) return layCarts(count, beside ? { ...zone, h: zone.h * 0.45 } : zone);
  const w = (zone.w - (row.columns - 1) * row.gap) / row.columns;
  // Room for as many as this kind of list can hold: the next to join moves nobody.
  const places = Array.from({ length: row.most }, (_, slot) => ({
    x: zone.x + (slot % row.columns) * (w + row.gap),
    y: zone.y + TITLE_H + Math.floor(slot / row.columns) * row.pitch,
    w,
    h: row.h,
  }));
  return { style: row.style, title: titleOf(zone), places };
}

function layCarts(count: number, zone: Box): Crowd {
  const room = { ...zone, y: zone.y + TITLE_H, h: zone.h - TITLE_H };
  const cell = count > MAX_ALONE ? 0 : cellFor(count, room);
  const title = titleOf(zone);
  if (cell < SMALLEST) return { style: 'bar', title, places: [{ ...room, h: Math.min(BAR_H, room.h) }] };
  const columns = Math.floor(room.w / cell);
  const places = Array.from({ length: count }, (_, slot) => ({
    x: room.x + ((slot % columns) * room.w) / columns,
    y: room.y + Math.floor(slot / columns) * cell * TALL,
    w: cell,
    h: cell * TALL,
  }));
  return { style: 'carts', title, places };
}

/** The largest place of which `count` fit, px wide. */
function cellFor(count: number, { w, h }: Box): number {
  for (let columns = Math.ceil(w / LARGEST); columns <= w / SMALLEST; columns++) {
    const cell = Math.min(LARGEST, w / columns);
    if (columns * Math.floor(h / (cell * TALL)) >= count) return cell;
  }
  return 0;
}

const titleOf = ({ x, y, w }: Box): Crowd['title'] => ({ x, y: y + 16, right: x + w });

const bottomOf = ({ places }: Crowd): number => Math.max(...places.map(({ y, h }) => y + h));
