import type { Shape } from '../picture/layout.ts';

/** How the stage fits a screen: one of a few layouts, magnified. Nothing on it is ever set smaller than 18 px. */
export interface StageSize {
  /** wide: numbers beside the picture · tall: below it · small: no picture, but its table */
  shape: 'wide' | 'tall' | 'small';
  /** less between things, for a screen 768 px high with a browser's own bars on it */
  low: boolean;
  zoom: number;
  /** px of the page, before magnification */
  width: number;
  height: number;
  picture: Shape;
  timeline: { width: number; height: number };
}

const WIDE = { width: 1280, height: 720, low: 648 };
const TALL = { width: 1024, height: 768 };
/** Broader than 4:3 and narrower than 16:10 is in between. */
const TALL_BELOW = 1.45;
/** Rather than shrink further, the picture gives way. */
const SMALLEST = 0.8;
/** What a higher screen has to spare goes to the time line, up to so much. */
const TALLER = 72;
/** Of the column beside the time line, with the QR code, and the gap before it. */
const ASIDE = { wide: 336 + 24, tall: 296 };

export function stageSize(width: number, height: number, aside: boolean): StageSize {
  const shape = width / height < TALL_BELOW ? 'tall' : 'wide';
  const base = shape === 'tall' ? TALL : WIDE;
  const low = shape === 'wide' && height / (width / WIDE.width) < WIDE.height - 1;
  const zoom = Math.min(width / base.width, height / (low ? WIDE.low : base.height));
  const fitted = low ? Math.min(zoom, width / WIDE.width) : zoom;
  if (fitted < SMALLEST) return small(width, height);
  const page = { width: width / fitted, height: height / fitted };
  const spare = Math.floor(page.height - (low ? WIDE.low : base.height));
  return {
    shape,
    low,
    zoom: fitted,
    ...page,
    picture: shape,
    timeline: {
      width: base.width - 48 - (aside ? ASIDE[shape] : 0),
      height: (shape === 'tall' || low ? 114 : 138) + Math.min(TALLER, Math.max(0, spare)),
    },
  };
}

const small = (width: number, height: number): StageSize => ({
  shape: 'small',
  low: false,
  zoom: 1,
  width,
  height,
  picture: 'narrow',
  timeline: { width: 400, height: 114 },
});
