import { type Crowd, layCrowds } from './layout-crowds.ts';

/** wide: 16:9 · tall: 4:3 · narrow: the column of the control page */
export type Shape = 'wide' | 'tall' | 'narrow';

export interface Point {
  x: number;
  y: number;
}

export interface Box extends Point {
  w: number;
  h: number;
}

/** How many there are of each: all that a layout depends on. */
export interface Counts {
  shape: Shape;
  students: number;
  robots: number;
  replicas: number;
}

/** Where everything is, in px of the picture. What happens to the cluster moves nothing. */
export interface PictureLayout {
  width: number;
  height: number;
  students: Crowd | null;
  robots: Crowd | null;
  /** where shoppers' requests set out, top to bottom, and where each comes to the proxy */
  exits: Point[];
  entries: Point[];
  proxy: Box;
  replicas: ReplicaPlace[];
  /** replicas there is no room to draw */
  more: number;
  store: Box;
  /** tokens fall along this line */
  laneX: number;
  floor: { x: number; y: number; right: number };
}

export interface ReplicaPlace extends Box {
  /** card: with tokens · line: one line of text · cell: badge and count */
  style: 'card' | 'line' | 'cell';
  /** where its road leaves the proxy, and where it arrives */
  leave: Point;
  arrive: Point;
}

interface Widths {
  width: number;
  shoppers: number;
  proxy: number;
  card: number;
  store: number;
}

const WIDTHS: Record<Shape, { usual: Widths; crowded: Widths }> = {
  wide: {
    usual: { width: 872, shoppers: 220, proxy: 140, card: 236, store: 96 },
    crowded: { width: 872, shoppers: 312, proxy: 140, card: 218, store: 90 },
  },
  tall: {
    usual: { width: 976, shoppers: 220, proxy: 140, card: 236, store: 96 },
    crowded: { width: 976, shoppers: 330, proxy: 140, card: 236, store: 96 },
  },
  narrow: {
    usual: { width: 784, shoppers: 206, proxy: 140, card: 218, store: 90 },
    crowded: { width: 784, shoppers: 264, proxy: 140, card: 208, store: 86 },
  },
};

/** Above this many students their names need more room than the usual. */
export const USUAL_STUDENTS = 8;
/** Down to here boxes stand; below is the floor. */
export const BOXES_H = 296;
export const FLOOR_Y = 340;
const HEIGHT = 348;
const LANE = 20;
const CARD_H = 92;
/** Two columns of eight. */
const MAX_DRAWN = 16;

export function layPicture(counts: Counts): PictureLayout {
  const crowded = counts.students > USUAL_STUDENTS;
  const size = WIDTHS[counts.shape][crowded ? 'crowded' : 'usual'];
  const roads = size.width - size.shoppers - size.proxy - size.card - size.store - LANE;
  const before = Math.round(roads * 0.43);
  const proxy = { x: size.shoppers + before, y: 1, w: size.proxy, h: BOXES_H - 2 };
  const cardX = proxy.x + proxy.w + roads - before;
  const middle = BOXES_H / 2;
  const exit = size.shoppers + 6;
  return {
    width: size.width,
    height: HEIGHT,
    ...layCrowds(counts, { x: 0, y: 0, w: size.shoppers, h: FLOOR_Y + 4 }),
    exits: [46, middle, 250].map((y) => ({ x: exit, y })),
    entries: [-26, 0, 26].map((dy) => ({ x: proxy.x, y: middle + dy })),
    proxy,
    replicas: layReplicas(counts.replicas, cardX, size.card, proxy.x + proxy.w),
    more: Math.max(0, counts.replicas - MAX_DRAWN),
    store: { x: size.width - size.store, y: 1, w: size.store, h: BOXES_H - 2 },
    laneX: cardX + size.card + LANE / 2,
    floor: { x: proxy.x, y: FLOOR_Y, right: size.width },
  };
}

function layReplicas(count: number, x: number, w: number, proxyRight: number): ReplicaPlace[] {
  const drawn = Math.min(count, MAX_DRAWN);
  const columns = drawn > MAX_DRAWN / 2 ? 2 : 1;
  const rows = Math.ceil(drawn / columns);
  const gap = rows > 6 ? 5 : rows > 4 ? 7 : 10;
  const h = Math.min(CARD_H, (BOXES_H - gap * (rows - 1)) / Math.max(1, rows));
  const top = (BOXES_H - rows * h - (rows - 1) * gap) / 2;
  const cellW = (w - (columns - 1) * 8) / columns;
  const spread = Math.min(26, 230 / Math.max(1, rows));
  return Array.from({ length: drawn }, (_, index) => {
    const [column, row] = [Math.floor(index / rows), index % rows];
    const y = top + row * (h + gap);
    return {
      x: x + column * (cellW + 8),
      y: y + 1,
      w: cellW,
      h: h - 2,
      style: columns > 1 ? 'cell' : h < 46 ? 'line' : 'card',
      leave: {
        x: proxyRight,
        y: BOXES_H / 2 + (row - (rows - 1) / 2) * spread + (columns === 1 ? 0 : column * 8),
      },
      // Two in a row have a road each.
      arrive: { x, y: y + h / 2 + (columns === 1 ? 0 : (column - 0.5) * (h / 2)) },
    } satisfies ReplicaPlace;
  });
}
