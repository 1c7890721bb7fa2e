import type { ClusterEvent } from '../../contract.ts';
import { dotsAt } from './dots.ts';
import { createPen } from './dots-pen.ts';
import type { Box } from './layout.ts';
import { NO_TRAFFIC, perDot, type Roads, settled, withEvent } from './traffic.ts';

/** What the dots need of their picture; asked whenever something sets out. */
export interface Ground {
  roads: Roads;
  /** the part of the picture the canvas covers, in px of the picture */
  window: Box;
  /** where there are roads: dots go under everything else */
  lanes: Box[];
}

export interface DotsRunner {
  take(event: ClusterEvent): void;
  /** false: they stand still, and what happens meanwhile is not shown later */
  move(on: boolean): void;
  stop(): void;
}

/** A tab that was away, or a machine that was busy, goes on from where it was. */
const LONGEST_STEP_MS = 100;
const SCALE_EVERY_MS = 500;

/** Runs the dots on a canvas for as long as there are any. `onScale`: "1 dot = k requests", at most twice a second. */
export function runDots(
  canvas: HTMLCanvasElement,
  ground: () => Ground,
  onScale: (k: number) => void,
): DotsRunner {
  let traffic = NO_TRAFFIC;
  let moving = true;
  /** the picture's own clock: it stands while nothing moves */
  let nowMs = 0;
  let frame = 0;
  let lastMs: number | null = null;
  let scaledAtMs = Number.NEGATIVE_INFINITY;
  const pen = createPen(canvas);

  const step = (atMs: number) => {
    frame = 0;
    nowMs += lastMs === null ? 0 : Math.min(LONGEST_STEP_MS, atMs - lastMs);
    lastMs = atMs;
    traffic = settled(traffic, nowMs);
    pen.draw(dotsAt(traffic.flights, nowMs), ground());
    if (nowMs - scaledAtMs >= SCALE_EVERY_MS) {
      scaledAtMs = nowMs;
      onScale(perDot(traffic));
    }
    if (traffic.flights.length > 0) wake();
    else lastMs = null;
  };

  const wake = () => {
    if (moving && frame === 0) frame = requestAnimationFrame(step);
  };

  const refit = () => {
    pen.fit();
    if (frame === 0) pen.draw(dotsAt(traffic.flights, nowMs), ground());
  };
  const watcher = new ResizeObserver(refit);
  watcher.observe(canvas);
  addEventListener('resize', refit);

  return {
    take(event) {
      if (!moving || document.hidden) return;
      traffic = withEvent(traffic, event, ground().roads, nowMs);
      wake();
    },
    move(on) {
      moving = on;
      lastMs = null;
      if (!on) cancelAnimationFrame(frame);
      frame = 0;
      if (on && traffic.flights.length > 0) wake();
    },
    stop() {
      cancelAnimationFrame(frame);
      watcher.disconnect();
      removeEventListener('resize', refit);
    },
  };
}
