import type { RunView } from '../../contract.ts';
import { chartOf, NARROW, WIDE, zigzag } from './chart.ts';

/** As the style sheet has it. */
const narrow = matchMedia('(max-width: 640px)');

/** Broken carts and requests over the whole run, with what was done to the cluster, numbered as in the table. */
export function Chart({ run }: { run: RunView }) {
  const box = narrow.matches ? NARROW : WIDE;
  const { left, right, top, bottom, width, height } = box;
  const { broken, rate, flags, ticks, carts, requests } = chartOf(run, box);
  const most = Math.max(0, ...run.seconds.map((second) => second.broken));
  const label = `Broken carts over time: at most ${most} of ${carts} at once, ${flags.length} things were done`;
  return (
    <svg class="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <defs>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="7" height="7" fill="var(--broken)" />
          <rect width="2" height="7" fill="var(--ground)" opacity=".55" />
        </pattern>
      </defs>
      <path d={`M${left} ${top}H${right}`} stroke="var(--line)" />
      <path d={broken} fill="url(#hatch)" stroke="var(--broken)" stroke-width={most > 0 ? 1.5 : 0} />
      <path d={rate} fill="none" stroke="var(--mute)" stroke-width="1.6" />
      <path d={`M${left} ${bottom}H${right}`} stroke="var(--edge)" stroke-width="2" />
      {flags.map(({ x, number, fault }) => (
        <g key={number}>
          <path
            d={fault ? zigzag(x, box) : `M${x} ${top}V${bottom}`}
            fill="none"
            stroke="var(--edge)"
            stroke-width="1.6"
            stroke-dasharray={fault ? '' : '3 4'}
          />
          <text x={x} y={top - 8} text-anchor="middle" class="strong">
            {number}
          </text>
        </g>
      ))}
      {ticks.map(({ x, text }) => (
        <text key={text} x={x} y={bottom + 20} text-anchor="middle">
          {text}
        </text>
      ))}
      <text x={left - 8} y={top + 5} text-anchor="end">
        {carts}
      </text>
      <text x={left - 8} y={bottom + 4} text-anchor="end">
        0
      </text>
      <text x={right + 8} y={top + 5}>
        {Math.round(requests)}/s
      </text>
    </svg>
  );
}
