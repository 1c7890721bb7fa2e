import { useState } from 'preact/hooks';
import type { Phone } from './phone.ts';

/** Pick a name: ours, none that anybody writes. */
export function Names({ phone }: { phone: Phone }) {
  const [busy, setBusy] = useState(false);
  const { names } = phone;
  const pick = async (name: string) => {
    if (busy) return;
    setBusy(true);
    await phone.join(name);
    setBusy(false);
  };
  return (
    <section class="ask">
      <h2>Pick your name</h2>
      <p>You will shop in a cluster that is about to break. Nothing about you is kept.</p>
      {names === null ? (
        <p>Asking the control room…</p>
      ) : names.students >= names.limit ? (
        <p class="full">All {names.limit} places are taken. Look on with a neighbour, or try again later.</p>
      ) : (
        <div class="names">
          {names.names.map((name) => (
            <button type="button" key={name} aria-disabled={busy} onClick={() => pick(name)}>
              {name}
            </button>
          ))}
        </div>
      )}
      <button type="button" class="quiet" onClick={() => phone.draw()}>
        Other names
      </button>
    </section>
  );
}
