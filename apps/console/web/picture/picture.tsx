import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type DotsRunner, runDots } from './dots-canvas.ts';
import type { Feed } from './feed.ts';
import { Floor } from './floor.tsx';
import { type Box, layPicture, type PictureLayout, type Shape } from './layout.ts';
import { Legend } from './legend.tsx';
import { CartSymbols, Text } from './marks.tsx';
import { Patterns } from './patterns.tsx';
import { ProxyBox } from './proxy.tsx';
import { Replica } from './replica.tsx';
import { Roads } from './roads.tsx';
import { roadsOf } from './routes.ts';
import { Shoppers } from './shoppers.tsx';
import { Store } from './store.tsx';
import { BrokenHatch } from './timeline.tsx';
import type { PictureView } from './view.ts';

export interface PictureProps {
  view: PictureView;
  shape: Shape;
  feed: Feed;
  /** false: no dots and nothing falls; roads carry counts instead */
  motion: boolean;
  paused: boolean;
  legend?: boolean;
  /** in one sentence, for those who do not see it */
  label: string;
}

/** The cluster: shoppers, proxy, replicas, store, what lies on the floor, and the requests between them. */
export function Picture({ view, shape, feed, motion, paused, legend = true, label }: PictureProps) {
  const layout = useLayout(view, shape);
  const [perDot, setPerDot] = useState(1);
  return (
    <figure class={`picture${motion ? ' moves' : ''}${paused ? ' paused' : ''}`}>
      <div class="drawing">
        <svg viewBox={`0 0 ${layout.width} ${layout.height}`} role="img" aria-label={label}>
          <defs>
            <Patterns />
            <CartSymbols />
            <BrokenHatch id="broken-hatch" />
          </defs>
          <Roads layout={layout} view={view} counts={!motion} />
          <Shoppers layout={layout} view={view} />
          <ProxyBox box={layout.proxy} view={view} />
          {layout.replicas.map((place, index) => {
            const replica = view.replicas[index];
            return replica && <Replica key={replica.id} place={place} replica={replica} />;
          })}
          {layout.more > 0 && (
            <Text x={layout.laneX - 10} y={layout.floor.y - 30} anchor="end" bold>
              +{layout.more} more
            </Text>
          )}
          <Store box={layout.store} store={view.store} />
          <Floor layout={layout} view={view} />
        </svg>
        {motion && <Dots layout={layout} view={view} feed={feed} paused={paused} onScale={setPerDot} />}
      </div>
      {legend && <Legend perDot={perDot} moving={motion} />}
    </figure>
  );
}

/** The same layout for as long as there are as many of each. */
function useLayout(view: PictureView, shape: Shape): PictureLayout {
  const [students, robots, replicas] = [view.students.length, view.robotCount, view.replicas.length];
  return useMemo(
    () => layPicture({ shape, students, robots, replicas }),
    [shape, students, robots, replicas],
  );
}

interface DotsProps {
  layout: PictureLayout;
  view: PictureView;
  feed: Feed;
  paused: boolean;
  onScale(k: number): void;
}

/** The requests, on a canvas over the roads; the table says the same to those who cannot see it. */
function Dots({ layout, view, feed, paused, onScale }: DotsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const runner = useRef<DotsRunner | null>(null);
  const window = windowOf(layout);
  const now = { roads: roadsOf(layout, view), window, lanes: lanesOf(layout) };
  const ground = useRef(now);
  ground.current = now;
  useEffect(() => {
    if (canvas.current === null) return;
    const running = runDots(canvas.current, () => ground.current, onScale);
    runner.current = running;
    const silence = feed.listen((event) => running.take(event));
    return () => {
      silence();
      running.stop();
    };
  }, [feed, onScale]);
  useEffect(() => runner.current?.move(!paused), [paused]);
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas without a tabindex takes no focus
  return <canvas ref={canvas} aria-hidden="true" style={placeOf(window, layout)} />;
}

const WINDOW_H = 300;

/** From the shoppers to the replicas: nothing moves elsewhere, and a small canvas is a quick one. */
function windowOf({ exits, replicas, proxy }: PictureLayout): Box {
  const left = (exits[0]?.x ?? 0) - 10;
  const right = (replicas[0]?.arrive.x ?? proxy.x + proxy.w) + 10;
  return { x: left, y: 0, w: right - left, h: WINDOW_H };
}

/** Left and right of the proxy. */
function lanesOf({ exits, proxy, replicas }: PictureLayout): Box[] {
  const from = (exits[0]?.x ?? 0) - 5;
  const right = proxy.x + proxy.w + 1;
  const to = (replicas[0]?.arrive.x ?? right) - 1;
  return [
    { x: from, y: 0, w: proxy.x - 1 - from, h: WINDOW_H },
    { x: right, y: 0, w: to - right, h: WINDOW_H },
  ];
}

const placeOf = ({ x, y, w, h }: Box, { width, height }: PictureLayout) => ({
  left: `${(100 * x) / width}%`,
  top: `${(100 * y) / height}%`,
  width: `${(100 * w) / width}%`,
  height: `${(100 * h) / height}%`,
});
