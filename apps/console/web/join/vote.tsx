import type { VoteView } from '../../contract.ts';
import { Tick } from './drawings.tsx';
import type { Phone } from './phone.ts';

/** The prediction, while it is open. Counts stay hidden until it closes: nobody should follow the herd. */
export function VoteScreen({ phone, vote, onLeave }: { phone: Phone; vote: VoteView; onLeave(): void }) {
  const chosen = phone.told?.chosen ?? null;
  const count = voters(vote);
  return (
    <section class="ask">
      <fieldset class="options">
        <legend>{vote.question}</legend>
        {vote.options.map((option, place) => (
          <label key={option} class={phone.voting === place ? 'sending' : ''}>
            <input
              type="radio"
              name="option"
              class="vh"
              checked={chosen === place}
              onChange={() => phone.vote(place)}
            />
            <span>{option}</span>
            {chosen === place && <Tick />}
          </label>
        ))}
      </fieldset>
      <p role="status">
        {chosen === null ? 'What do you predict?' : <b>Your vote is in.</b>}{' '}
        {chosen !== null && 'You can change it until the vote is closed.'}
      </p>
      <p class="count">{count === 1 ? '1 has voted' : `${count} have voted`}</p>
      <button type="button" class="quiet" onClick={onLeave}>
        Go on to the shop
      </button>
    </section>
  );
}

/** In the shop: the way back to an open vote, or how a closed one went. */
export function VoteResult({ phone, vote, onVote }: { phone: Phone; vote: VoteView; onVote(): void }) {
  if (vote.open)
    return (
      <section class="result">
        <button type="button" class="wide" onClick={onVote}>
          A vote is open: {vote.question}
        </button>
      </section>
    );
  const chosen = phone.told?.chosen ?? null;
  const most = Math.max(1, voters(vote));
  return (
    <section class="result" aria-label="The vote">
      <h2>{vote.question}</h2>
      <ul>
        {vote.options.map((option, place) => (
          <li key={option} class={vote.came === place ? 'came' : ''}>
            <span>
              {option}
              {marks(chosen === place, vote.came === place)}
            </span>
            <Bar share={(vote.counts[place] ?? 0) / most} />
            <b>{vote.counts[place] ?? 0}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}

function marks(mine: boolean, cameTrue: boolean) {
  const said = [mine ? 'your vote' : '', cameTrue ? 'it came true' : ''].filter((text) => text !== '');
  return said.length > 0 && <small>{said.join(', ')}</small>;
}

const Bar = ({ share }: { share: number }) => (
  <svg class="bar" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
    <rect width={100 * share} height="14" />
  </svg>
);

const voters = ({ counts }: VoteView): number => counts.reduce((sum, count) => sum + count, 0);
