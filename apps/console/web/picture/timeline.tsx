import type { Scene } from '../../contract.ts';
import { Cross, Text, zigzag } from './marks.tsx';
import type { PlacedFlag } from './timeline-flags.ts';
import { type TimelineView, timelineView } from './timeline-view.ts';

/** Broken carts are hatched, so that the area stays one when colours are washed out. */
export function BrokenHatch({ id }: { id: string }) {
  return (
    <pattern id={id} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="7" height="7" fill="var(--broken)" />
      <rect width="2" height="7" fill="var(--ground)" opacity=".55" />
    </pattern>
  );
}

interface Props {
  scene: Scene;
  /** ms since the run began */
  now: number;
  width: number;
  height: number;
}

/** Two minutes, the last fifteen seconds stretched: what we did, what the cluster did, and what broke. */
export function Timeline({ scene, now, width, height }: Props) {
  const view = timelineView(scene, now, width, height);
  const { axis, y0, lanes } = view;
  return (
    <svg class="timeline" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={labelOf(view)}>
      <defs>
        <BrokenHatch id="timeline-hatch" />
      </defs>
      <rect x={axis.bend} y="1" width={axis.right - axis.bend} height={y0 - 1} fill="var(--band)" />
      <path
        d={`M${axis.left} 1H${width}M${axis.left} 27H${width}M${axis.left} 53H${width}`}
        stroke="var(--line)"
      />
      <Text x={0} y={lanes.we} tone="ink-2">
        we did
      </Text>
      <Text x={0} y={lanes.cluster} tone="ink-2">
        cluster did
      </Text>
      <Text x={0} y={(view.yTop + y0) / 2 + 9} bold tone={view.broken > 0 ? 'broken-ink' : 'ink-2'}>
        broken
      </Text>
      {view.area && (
        <path d={view.area} fill="url(#timeline-hatch)" stroke="var(--broken)" stroke-width="2" />
      )}
      {view.rate && <path d={view.rate} fill="none" stroke="var(--mute)" stroke-width="2" />}
      <path d={`M${axis.left} ${y0}H${axis.right}`} stroke="var(--edge)" stroke-width="2" />
      {view.errors.map(({ x, y }) => (
        <Cross key={x} x={x} y={y} r={4.5} />
      ))}
      {view.flags.map((flag, index) => (
        <Flag key={index} flag={flag} y={lanes[flag.lane]} y0={y0} />
      ))}
      <End view={view} />
      {view.ticks.map(({ x, text, anchor }) => (
        <Text key={text} x={x} y={height - 4} anchor={anchor} tone="ink-2">
          {text}
        </Text>
      ))}
    </svg>
  );
}

function Flag({ flag: { x, fault, label }, y, y0 }: { flag: PlacedFlag; y: number; y0: number }) {
  return (
    <>
      {fault ? (
        <path
          d={zigzag(x, y - 12, y0)}
          fill="none"
          stroke="var(--edge)"
          stroke-width="2"
          stroke-linejoin="round"
        />
      ) : (
        <path d={`M${x} ${y - 12}V${y0}`} stroke="var(--ink-2)" stroke-width="1.6" stroke-dasharray="2 4" />
      )}
      <path d={`M${x - 7} ${y - 15}h14l-7 11z`} fill="var(--edge)" />
      {label && (
        <Text x={label.x} y={y} anchor={label.anchor} bold={fault} room={label.room}>
          {label.text}
        </Text>
      )}
    </>
  );
}

/** What the lines are now, where they end. */
function End({ view }: { view: TimelineView }) {
  const x = view.axis.right + 10;
  return (
    <>
      {view.requests !== null && (
        <Text x={x} y={view.requestsY} tone="ink-2">
          {Math.round(view.requests)} req/s
        </Text>
      )}
      <Text x={x} y={view.brokenY} bold tone={view.broken > 0 ? 'broken-ink' : 'ink-2'}>
        {view.broken} broken
      </Text>
    </>
  );
}

const labelOf = ({ broken, requests, flags }: TimelineView): string => {
  const rate = requests === null ? '' : `, ${Math.round(requests)} requests per second`;
  return `Time line of two minutes: ${broken} broken now${rate}, ${flags.length} events; the table lists them`;
};
