import type { NumbersView, VotesView } from './numbers-view.ts';

/** Three numbers, readable from the back row. */
export function Numbers({ view }: { view: NumbersView }) {
  return (
    <section class="numbers" aria-label="Three numbers">
      <div class={['n', view.alarming && 'bad', isLong(view) && 'tight'].filter(Boolean).join(' ')}>
        <p class="v">
          {view.broken}
          {view.carts !== null && <small> / {view.carts}</small>}
        </p>
        <p class="what">broken carts now</p>
      </div>
      <div class="n">
        <p class="v">{view.silent}</p>
        <p class="what">
          silent, HTTP 200 <span class="sep">· </span>
          <span class="more">{view.errors}</span>
        </p>
      </div>
      <div
        class={['n', view.blast === '–' && 'none', view.blast.length > 2 && view.votes && 'tight']
          .filter(Boolean)
          .join(' ')}
      >
        <p class="v">
          {view.blast}
          {view.blast !== '–' && <small> %</small>}
        </p>
        <p class="what">
          blast radius
          {view.blastOf !== null && <span class="vh"> of {view.blastOf}</span>}
        </p>
        {view.votes && <Votes votes={view.votes} />}
      </div>
    </section>
  );
}

/** Six figures and more beside each other need smaller ones. */
const isLong = ({ broken, carts }: NumbersView): boolean => broken.length + (carts?.length ?? 0) > 5;

const BAR_H = 44;
const PITCH = 34;
/** More options than these are too narrow to read here; the control page shows them all. */
const MAX_BARS = 5;

/** What the room predicted; the one that came true is ink and bold. */
function Votes({ votes }: { votes: VotesView }) {
  const bars = votes.bars.slice(0, MAX_BARS);
  const width = Math.max(104, bars.length * PITCH);
  const label = `Your votes: ${bars.map(({ label, count, came }) => `${label} ${count}${came ? ', came true' : ''}`).join('; ')}`;
  return (
    <svg class="votes" width={width} height="92" viewBox={`0 0 ${width} 92`} role="img" aria-label={label}>
      <text x={width - 2} y="14" text-anchor="end" font-size="18" fill="var(--ink-2)">
        your votes
      </text>
      {bars.map(({ label: key, short, share, came }, index) => {
        const h = Math.max(2, share * BAR_H);
        const x = width - (bars.length - index) * PITCH;
        return (
          <g key={key}>
            <rect x={x + 4} y={68 - h} width="26" height={h} fill={came ? 'var(--ink)' : 'var(--mute)'} />
            <text
              x={x + 17}
              y="88"
              text-anchor="middle"
              font-size="18"
              font-weight={came ? 700 : 400}
              fill="var(--ink)"
            >
              {short}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
