import { useState } from 'preact/hooks';
import { RESET, undoFault } from '../shared/api.ts';
import type { View } from '../shared/view.ts';
import { type Actions, NEED_TOKEN, TOKEN_FIELD } from './actions.ts';
import { CallButton, Curls, CurlToggle, Mark } from './parts.tsx';

/** Who the cluster is, whether the page is up to date, and the two ways back. */
export function Header({ act, view }: { act: Actions; view: View }) {
  const [open, setOpen] = useState(false);
  const stale = !view.link.live && view.name !== null;
  const last = view.lastFault;
  const undo = undoFault(last?.id ?? 'f1', last === null ? 'Undo last fault' : `Undo ${last.label}`);
  return (
    <header>
      <div class="bar">
        <Mark size={32} />
        <h1>{view.name ?? 'Cartwreck'}</h1>
        <p class={view.link.live ? 'link-state live' : 'link-state'}>{stale ? 'no news' : view.link.text}</p>
        <CallButton
          act={act}
          call={undo}
          kind="quiet"
          off={last === null ? 'There is nothing to undo.' : null}
        />
        {/* It throws away carts, pins and counters: it asks for a second press, in place. */}
        <CallButton act={act} call={RESET} confirm="Press again to reset" />
        <CurlToggle of="undo and reset" open={open} onToggle={() => setOpen(!open)} />
      </div>
      {open && <Curls act={act} calls={[undo, RESET]} />}
      {stale && <p class="notice">{sentence(view.link.text)}</p>}
      {view.gaps.map((gap) => (
        <p key={gap} class="notice">
          {gap}
        </p>
      ))}
      {act.locked && <TokenForm act={act} />}
    </header>
  );
}

function TokenForm({ act }: { act: Actions }) {
  const [text, setText] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== '') act.giveToken(text.trim());
  };
  return (
    <form class="token" onSubmit={submit}>
      <label for={TOKEN_FIELD}>{NEED_TOKEN} to change anything:</label>
      <input
        id={TOKEN_FIELD}
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="btn go">
        Use it
      </button>
    </form>
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
