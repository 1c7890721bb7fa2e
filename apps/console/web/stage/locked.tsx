import { useState } from 'preact/hooks';
import { Mark } from '../picture/marks.tsx';
import { giveKey } from '../shared/access.ts';

/** Before anything is known. */
export function Waiting() {
  return (
    <main class="plain">
      <Mark size={72} />
      <h1>Cartwreck</h1>
      <p role="status">Waiting for the cluster.</p>
    </main>
  );
}

/** The console is open to the network: it wants the PIN before it shows anything. */
export function Locked({ onOpen }: { onOpen(): void }) {
  const [pin, setPin] = useState('');
  const [message, setMessage] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    if (pin.trim() === '') return;
    const answer = await giveKey(pin);
    if (answer.ok) onOpen();
    else setMessage(answer.message);
  };
  return (
    <main class="plain">
      <Mark size={72} />
      <h1>Cartwreck</h1>
      <form onSubmit={submit}>
        <label for="pin">PIN from the terminal</label>
        <input
          id="pin"
          type="password"
          inputMode="numeric"
          autocomplete="off"
          value={pin}
          onInput={(event) => setPin(event.currentTarget.value)}
        />
        <button type="submit">Open</button>
      </form>
      <p role="status">{message}</p>
    </main>
  );
}
