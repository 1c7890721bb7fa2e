import { useState } from 'preact/hooks';
import type { Impact, VoteView } from '../../contract.ts';
import { CLOSE_VOTE, cameTrue, DROP_VOTE, openVote } from '../shared/api.ts';
import type { Actions } from './actions.ts';
import { CallButton, Curls, CurlToggle } from './parts.tsx';
import { proposal, TEMPLATES } from './vote-steps.ts';

/** The class predicts, something is done, and what came true is marked. */
export function Vote(props: {
  act: Actions;
  vote: VoteView | null;
  impact: Impact | null;
  question: number;
  onQuestion(index: number): void;
}) {
  const { act, vote, impact } = props;
  const [open, setOpen] = useState(false);
  const template = TEMPLATES[props.question] ?? TEMPLATES[0];
  if (!template) return null;
  const ask = openVote(template.question, template.options);
  return (
    <section class="vote" aria-label="Prediction">
      <div class="top">
        <h2>Prediction</h2>
        <span class="is">{vote === null ? 'nothing is asked' : stateText(vote)}</span>
        <CurlToggle of="the vote" open={open} onToggle={() => setOpen(!open)} />
      </div>
      {vote === null ? (
        <>
          <label>
            <span class="vh">Question</span>
            <select
              value={String(props.question)}
              onChange={(event) => props.onQuestion(Number(event.currentTarget.value))}
            >
              {TEMPLATES.map(({ question }, index) => (
                <option key={question} value={String(index)}>
                  {question}
                </option>
              ))}
            </select>
          </label>
          <p class="hint">{template.options.join(' · ')}</p>
          <CallButton act={act} call={ask} kind="wide" hotkey="PgDn" />
        </>
      ) : (
        <Running act={act} vote={vote} proposed={proposal(vote, impact)} />
      )}
      {open && <Curls act={act} calls={vote === null ? [ask] : [CLOSE_VOTE, ...came(vote), DROP_VOTE]} />}
    </section>
  );
}

function Running({ act, vote, proposed }: { act: Actions; vote: VoteView; proposed: number | null }) {
  const most = Math.max(1, ...vote.counts);
  return (
    <>
      <p>
        <b>{vote.question}</b>
      </p>
      <ol class="bars">
        {vote.options.map((option, index) => (
          <li key={option} class={vote.came === index ? 'came' : ''}>
            <span>{option}</span>
            <i style={{ width: `${(100 * (vote.counts[index] ?? 0)) / most}%` }} />
            <b>{vote.counts[index] ?? 0}</b>
            {!vote.open && (
              <CallButton
                act={act}
                call={cameTrue(index, option)}
                label={index === proposed && vote.came === null ? 'came true?' : 'came true'}
                target={option}
                kind={index === proposed || vote.came === index ? 'go' : 'quiet'}
              />
            )}
          </li>
        ))}
      </ol>
      <div class="pair">
        <CallButton
          act={act}
          call={CLOSE_VOTE}
          off={vote.open ? null : 'It is closed: say which option came true.'}
        />
        <CallButton act={act} call={DROP_VOTE} kind="quiet" />
      </div>
    </>
  );
}

const came = ({ options }: VoteView) => options.map((option, index) => cameTrue(index, option));

function stateText({ open, counts, came }: VoteView): string {
  const votes = counts.reduce((sum, count) => sum + count, 0);
  const state = open ? 'open' : came === null ? 'closed' : 'decided';
  return `${state}, ${votes} vote${votes === 1 ? '' : 's'}`;
}
