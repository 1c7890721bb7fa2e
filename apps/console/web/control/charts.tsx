import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Scene } from '../../contract.ts';
import { altText, CHART_SECONDS, CHART_XS, type ChartData, charts, lastOf } from './chart-data.ts';
import { spread } from './compare-lines.ts';

const HEIGHT = 132;
/** Room at the right for the label of each line. */
const RIGHT = 80;
const LABEL_GAP = 14;

/** The last two minutes by replica. The scales do not shrink while somebody looks: only a higher value moves them. */
export function Charts({ scene, ids }: { scene: Scene; ids: string[] }) {
  return (
    <section class="charts" aria-label="Charts">
      {charts(scene, ids).map((chart) => (
        <figure key={chart.title}>
          <figcaption>{chart.title}</figcaption>
          {/* Other replicas are other lines: a chart is made anew for them. */}
          <Chart key={chart.lines.map(({ label }) => label).join()} chart={chart} />
        </figure>
      ))}
    </section>
  );
}

function Chart({ chart }: { chart: ChartData }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(chart);
  latest.current = chart;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(optionsOf(element, latest), dataOf(chart), element);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(chart)), [chart]);
  return <div ref={box} class="plot" role="img" aria-label={altText(chart)} />;
}

const dataOf = ({ lines }: ChartData): uPlot.AlignedData => [CHART_XS, ...lines.map(({ values }) => values)];

function optionsOf(element: Element, chart: { current: ChartData }): uPlot.Options {
  const token = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const font = `12px ${token('--font')}`;
  const axis = { stroke: () => token('--ink-2'), font, ticks: { show: false } };
  let most = 1;
  return {
    width: element.clientWidth || 300,
    height: HEIGHT,
    padding: [8, RIGHT, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [1 - CHART_SECONDS, 0] },
      y: {
        range: (_plot, _low, high) => {
          most = Math.max(most, niceTop(high ?? 1));
          return [0, most];
        },
      },
    },
    axes: [
      {
        ...axis,
        size: 22,
        grid: { show: false },
        splits: () => [1 - CHART_SECONDS, -60, 0],
        values: () => ['2 min ago', '1 min ago', 'now'],
      },
      {
        ...axis,
        size: 40,
        grid: { stroke: () => token('--line'), width: 1 },
        splits: () => [0, most / 2, most],
      },
    ],
    series: [
      {},
      ...chart.current.lines.map(({ colour }) => ({
        stroke: () => token(colour),
        width: 2,
        points: { show: false },
      })),
    ],
    hooks: { draw: [(plot) => labelEnds(plot, chart.current, font, token('--ink'))] },
  };
}

/** A label at the end of each line instead of a legend: nobody has to look twice. */
function labelEnds(
  { ctx, bbox, valToPos }: uPlot,
  { lines, unit }: ChartData,
  font: string,
  ink: string,
): void {
  const scale = devicePixelRatio;
  const ends = lines.flatMap((line) => {
    const value = lastOf(line);
    return value === null ? [] : [{ text: `${line.label}: ${Math.round(value)} ${unit}`, value }];
  });
  const tops = ends.map(({ value }) => valToPos(value, 'y', true));
  const places = spread(tops, LABEL_GAP * scale, bbox.top + bbox.height);
  ctx.save();
  ctx.font = font.replace('12px', `${12 * scale}px`);
  ctx.fillStyle = ink;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  ends.forEach(({ text }, index) => {
    ctx.fillText(text, bbox.left + bbox.width + 6 * scale, places[index] ?? 0);
  });
  ctx.restore();
}

/** 1, 2, 3 … 10, 20 …: the first round number that has room for `value`. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((top) => top >= value) ?? 10 * power;
}
