import type { RunView } from '../../contract.ts';
import { type Comparison, compare, type Line, spread } from './compare-lines.ts';

const WIDTH = 300;
const HEIGHT = 170;
const PLOT = { left: 28, right: 240, top: 26, bottom: 146 };
const LABEL_GAP = 15;
/** Lines are told apart by their dashes and their labels; colour would say "replica" or "broken". */
const DASHES = ['', '7 4', '2 4', '10 3 2 3', '4 2', '1 3'];

/** Runs in one frame, aligned at the fault: the lesson is the difference. */
export function Compare({ runs }: { runs: RunView[] }) {
  const comparison = compare(runs);
  const { lines, from, to, most, what } = comparison;
  const x = (s: number) => PLOT.left + ((s - from) / (to - from)) * (PLOT.right - PLOT.left);
  const y = (broken: number) => PLOT.bottom - (broken / most) * (PLOT.bottom - PLOT.top);
  const ends = spread(
    lines.map(({ points }) => y(points.at(-1)?.broken ?? 0)),
    LABEL_GAP,
    PLOT.bottom,
  );
  return (
    <figure class="compare">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={WIDTH}
        height={HEIGHT}
        role="img"
        aria-label={altText(comparison)}
      >
        <path class="axis" d={`M${PLOT.left} ${PLOT.bottom}H${PLOT.right}`} />
        <path class="crack" d={zigzag(x(0), PLOT.top, PLOT.bottom)} />
        <text x={x(0)} y={PLOT.top - 10} text-anchor={x(0) > 150 ? 'end' : 'start'}>
          {what === '' ? 'began' : shorten(what)}
        </text>
        <text class="faint" x={PLOT.left - 6} y={PLOT.top + 4} text-anchor="end">
          {most}
        </text>
        <text class="faint" x={PLOT.left - 6} y={PLOT.bottom + 4} text-anchor="end">
          0
        </text>
        <text class="faint" x={x(0)} y={PLOT.bottom + 18} text-anchor="middle">
          0 s
        </text>
        <text class="faint" x={x(to)} y={PLOT.bottom + 18} text-anchor="end">
          +{to} s
        </text>
        {lines.map((line, index) => (
          <g key={line.id}>
            <path class="run" d={path(line, x, y)} stroke-dasharray={DASHES[index]} />
            <text class="end" x={PLOT.right + 8} y={(ends[index] ?? 0) + 4}>
              {line.label}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  );
}

const path = ({ points }: Line, x: (s: number) => number, y: (broken: number) => number): string =>
  points
    .map(({ s, broken }, index) => `${index === 0 ? 'M' : 'L'}${x(s).toFixed(1)} ${y(broken).toFixed(1)}`)
    .join('');

function zigzag(x: number, top: number, bottom: number): string {
  const steps = Math.floor((bottom - top) / 6);
  return `M${x} ${top}${Array.from({ length: steps }, (_, i) => `L${x + (i % 2 ? 3 : -3)} ${top + (i + 1) * 6}`).join('')}`;
}

const MAX_NAME = 30;
const shorten = (text: string): string => (text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1)}…` : text);

const altText = ({ lines, what }: Comparison): string =>
  `Broken carts over time, aligned at ${what === '' ? 'the beginning' : what}: ${lines
    .map(({ label, points }) => `${label} ends at ${points.at(-1)?.broken ?? 0}`)
    .join(', ')}`;
