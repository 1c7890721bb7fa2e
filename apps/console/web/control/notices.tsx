import { useState } from 'preact/hooks';
import { ARM } from '../shared/api.ts';
import type { View } from '../shared/view.ts';
import { type Actions, KEY_FIELD, NEED_KEY } from './actions.ts';
import { CallButton } from './parts.tsx';

/** What stands in the way: an old picture, parts that do not answer, an emergency stop, no key. */
export function Notices({ act, view }: { act: Actions; view: View }) {
  const stale = !view.link.live && view.name !== null;
  return (
    <>
      {stale && <p class="notice">{sentence(view.link.text)}</p>}
      {view.gaps.map((gap) => (
        <p key={gap} class="notice">
          {gap}
        </p>
      ))}
      {view.panic !== null && <p class="notice">{view.panic}</p>}
      {view.armed === false && (
        <div class="notice">
          <p>Emergency stop: everything was undone, and no fault is allowed until you say so.</p>
          <CallButton act={act} call={ARM} />
        </div>
      )}
      {act.locked && view.recording === null && (
        <KeyForm act={act} label={`${NEED_KEY}, to change anything:`} />
      )}
    </>
  );
}

/** A console that lets nobody read without a key shows this and nothing else. */
export function Door({ act, message }: { act: Actions; message: string }) {
  return (
    <main class="door">
      <h1>Control room</h1>
      <p>
        This console is open to the network, so it asks for the PIN. The PIN is printed in the terminal where
        Cartwreck was started, and nowhere else.
      </p>
      <KeyForm act={act} label={`${NEED_KEY}:`} />
      <output>{message}</output>
    </main>
  );
}

function KeyForm({ act, label }: { act: Actions; label: string }) {
  const [text, setText] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() === '') return;
    setText('');
    void act.giveKey(text.trim());
  };
  return (
    <form class="key-form" onSubmit={submit}>
      <label for={KEY_FIELD}>{label}</label>
      <input
        id={KEY_FIELD}
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
