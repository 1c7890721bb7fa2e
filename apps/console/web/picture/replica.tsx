import { isGone } from './badge.tsx';
import type { ReplicaPlace } from './layout.ts';
import { Text } from './marks.tsx';
import { patternOf } from './patterns.tsx';
import { Header, OnHatch } from './replica-header.tsx';
import { Holds } from './replica-holds.tsx';
import type { ReplicaLook } from './view.ts';

interface Props {
  place: ReplicaPlace;
  replica: ReplicaLook;
}

/** One replica: its name and life, what state it is in, and what it holds. Each state has a look of its own. */
export function Replica({ place, replica }: Props) {
  const gone = isGone(replica.state);
  return (
    <>
      <Frame place={place} replica={replica} />
      {place.style === 'cell' ? (
        <Cell place={place} replica={replica} />
      ) : (
        <>
          <Header place={place} replica={replica} gone={gone} />
          {place.style === 'card' && <Holds place={place} replica={replica} gone={gone} />}
        </>
      )}
    </>
  );
}

const DASHES: Partial<Record<ReplicaLook['state'], string>> = {
  dead: '6 4',
  stopping: '6 4',
  starting: '2 4',
  ejected: '12 5',
};
const GROUNDS: Partial<Record<ReplicaLook['state'], string>> = {
  dead: 'var(--dead)',
  stopping: 'var(--dead)',
  draining: 'url(#drain)',
  frozen: 'var(--band)',
  ejected: 'var(--band)',
};
const EDGE_W = 9;

function Frame({ place: { x, y, w, h }, replica: { state, number } }: Props) {
  const gone = isGone(state);
  const r = Math.min(8, h / 4);
  return (
    <>
      <rect
        x={x + 1}
        y={y}
        width={w - 2}
        height={h}
        rx={r}
        fill={GROUNDS[state] ?? 'var(--ground)'}
        stroke={gone ? 'var(--dead-ink)' : 'var(--edge)'}
        stroke-width="2"
        stroke-dasharray={DASHES[state]}
      />
      {!gone && state !== 'starting' && (
        <path
          d={`M${x + 1 + EDGE_W} ${y}V${y + h}H${x + 1 + r}a${r} ${r} 0 0 1 ${-r} ${-r}V${y + r}a${r} ${r} 0 0 1 ${r} ${-r}z`}
          fill={patternOf(number)}
          stroke="var(--edge)"
          stroke-width="2"
        />
      )}
    </>
  );
}

/** Two columns: number and count. */
function Cell({ place: { x, y, w, h }, replica }: Props) {
  const base = y + h / 2 + 6.5;
  const { number, state, sessions, pins } = replica;
  const gone = isGone(state);
  const short = state !== 'ready' ? replica.word : String(sessions?.filled ?? pins ?? '');
  return (
    <>
      <Text x={x + 16} y={base} bold tone={gone ? 'dead-ink' : 'ink'}>
        {number}
      </Text>
      <OnHatch
        text={short}
        x={x + w - 8}
        y={base}
        end
        room={w - 50}
        hatched={state === 'draining'}
        bold={state !== 'ready'}
        tone={gone ? 'dead-ink' : 'ink'}
      />
    </>
  );
}
