import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Mark } from './mark.tsx';

/** In place of a report. */
export function Notice({ children }: { children: ComponentChildren }) {
  return (
    <main class="notice">
      <h1>
        <Mark /> Report
      </h1>
      <p role="status">{children}</p>
      <p>
        The runs there are stand in the <a href="/control">control room</a>.
      </p>
    </main>
  );
}

/** The control room is open to a network: what happened in it is the instructor's. */
export function KeyForm({ message, onGive }: { message: string; onGive(typed: string): void }) {
  const [typed, setTyped] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    onGive(typed);
  };
  return (
    <main class="notice">
      <h1>
        <Mark /> Report
      </h1>
      <form onSubmit={submit}>
        <label for="key">PIN of the instructor, from the terminal</label>
        <p>
          <input
            id="key"
            type="password"
            autocomplete="off"
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />{' '}
          <button type="submit">Open</button>
        </p>
      </form>
      <p role="status">{message}</p>
    </main>
  );
}
