import type { PictureLayout, Point, ReplicaPlace } from './layout.ts';
import { Cross, PauseSign, Text } from './marks.tsx';
import { middleOf } from './routes.ts';
import { textWidth } from './text.ts';
import type { PictureView, ReplicaLook } from './view.ts';
import { isOut } from './view-replicas.ts';

/** The ways requests go. What nothing moves on says how much goes there, once a second. */
export function Roads({
  layout,
  view,
  counts,
}: {
  layout: PictureLayout;
  view: PictureView;
  counts: boolean;
}) {
  const { exits, entries, replicas, store } = layout;
  return (
    <>
      {exits.map((exit, index) => (
        <path key={exit.y} d={line(exit, entries[index] ?? exit)} stroke="var(--line)" stroke-width="2" />
      ))}
      {replicas.map((place, index) => {
        const replica = view.replicas[index];
        return replica && <Road key={replica.id} place={place} replica={replica} />;
      })}
      {view.store.state === 'up' &&
        replicas.map((place, index) => {
          const state = view.replicas[index]?.state;
          const serves = state === 'ready' || state === 'draining';
          const from = { x: place.x + place.w, y: place.y + place.h / 2 };
          return (
            serves && (
              <path key={index} d={`M${from.x} ${from.y}H${store.x}`} stroke="var(--edge)" stroke-width="3" />
            )
          );
        })}
      {counts && <Counts layout={layout} view={view} />}
    </>
  );
}

const line = (from: Point, to: Point): string => `M${from.x} ${from.y}L${to.x} ${to.y}`;

function Road({ place, replica: { state, cut } }: { place: ReplicaPlace; replica: ReplicaLook }) {
  const { leave, arrive } = place;
  const middle = middleOf(place);
  if (state === 'dead' || state === 'stopping') {
    return (
      <>
        <path d={gapped(leave, arrive, 16)} stroke="var(--mute)" stroke-width="2" stroke-dasharray="3 5" />
        <Cross x={middle.x} y={middle.y} r={7} />
      </>
    );
  }
  if (state === 'ejected' && cut) return <Ejected from={leave} to={arrive} />;
  if (cut) return <Unplugged from={leave} to={arrive} />;
  return (
    <>
      <path
        d={line(leave, arrive)}
        stroke="var(--line)"
        stroke-width="2"
        stroke-dasharray={state === 'draining' || isOut(state) ? '10 5' : undefined}
      />
      {state === 'frozen' && <PauseSign x={arrive.x - 12} y={arrive.y} />}
    </>
  );
}

/** A plug pulled out of its socket: it runs, and nobody is sent there. */
function Unplugged({ from, to }: { from: Point; to: Point }) {
  const turn = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const end = length / 2 - 9;
  return (
    <g
      transform={`translate(${from.x} ${from.y}) rotate(${turn})`}
      stroke="var(--edge)"
      stroke-width="2"
      fill="none"
    >
      <path d={`M0 0h${end - 8}`} stroke="var(--line)" />
      <path d={`M${end - 8} -6v12h4a6 6 0 0 0 0-12z`} fill="var(--edge)" />
      <path d={`M${end + 2} -3h6M${end + 2} 3h6`} />
      <path d={`M${length} 0h${-(length - end - 22)}m0 -7v14`} />
    </g>
  );
}

/** The sign on every player: it was taken out, and goes in again. */
function Ejected({ from, to }: { from: Point; to: Point }) {
  const { x, y } = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  return (
    <>
      <path d={gapped(from, to, 18)} stroke="var(--line)" stroke-width="2" />
      <path
        d={`M${x - 10} ${y + 2}L${x} ${y - 10}L${x + 10} ${y + 2}zM${x - 10} ${y + 6}h20v4h-20z`}
        fill="var(--edge)"
      />
    </>
  );
}

function gapped(from: Point, to: Point, gap: number): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.max(0, 0.5 - gap / length);
  const at = (u: number) => ({ x: from.x + u * (to.x - from.x), y: from.y + u * (to.y - from.y) });
  return line(from, at(share)) + line(at(1 - share), to);
}

/** Requests a second, where the dots would have been. */
function Counts({ layout, view }: { layout: PictureLayout; view: PictureView }) {
  return layout.replicas.map((place, index) => {
    const replica = view.replicas[index];
    if (!replica || replica.perSecond === null || place.x > place.arrive.x) return null;
    if (replica.state !== 'ready' && replica.state !== 'draining') return null;
    const text = `${Math.round(replica.perSecond)}/s`;
    const w = textWidth(text) + 6;
    const right = place.arrive.x - 5;
    return (
      <g key={replica.id}>
        <rect x={right - w} y={place.arrive.y - 12} width={w} height={24} rx={3} fill="var(--ground)" />
        <Text x={right - 3} y={place.arrive.y + 6.5} anchor="end">
          {text}
        </Text>
      </g>
    );
  });
}
