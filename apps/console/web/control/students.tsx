import { useState } from 'preact/hooks';
import type { ClusterState, StudentStand } from '../../contract.ts';
import { setAddress } from '../shared/api.ts';
import type { Actions } from './actions.ts';
import { CallButton, Curls, CurlToggle } from './parts.tsx';

/** Who joined with a phone, and where phones find this console. */
export function Students(props: { act: Actions; students: StudentStand[]; phones: ClusterState['phones'] }) {
  const { act, students, phones } = props;
  const broken = students.filter(({ cart }) => cart === 'broken').length;
  const [url] = phones.joinUrls;
  return (
    <section class="students" aria-label="Students">
      <div class="top">
        <h2>Students</h2>
        <span class="is">
          <b>{students.length}</b> joined{broken > 0 && `, ${broken} broken`}
        </span>
      </div>
      {!phones.open && (
        <p class="hint">Phones cannot reach this console. Start it with --lan to let them in.</p>
      )}
      {phones.open && (
        <p class="join">
          {url === undefined ? 'Phones need the address of this computer:' : <a href={url}>{url}</a>}
        </p>
      )}
      {phones.open && <Address key={url} act={act} known={url ?? ''} />}
      {students.length > 0 && (
        <details>
          <summary>Who</summary>
          <ul class="names">
            {students.map(({ id, name, on, cart, items }) => (
              <li key={id} class={cart}>
                <b>{name}</b> {cart === 'broken' ? 'broken' : `${items} items`} {on ?? ''}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** A container cannot know the address of the machine it runs on; somebody in the room does. */
function Address({ act, known }: { act: Actions; known: string }) {
  const [typed, setTyped] = useState(hostOf(known));
  const [open, setOpen] = useState(false);
  const call = setAddress(typed.trim());
  return (
    <>
      <div class="address">
        <label>
          Address for phones
          <input
            placeholder="10.0.0.7"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <CallButton
          act={act}
          call={call}
          label="Set"
          target="the address for phones"
          off={typed.trim() === '' ? 'Type the address of this computer in the network of the room.' : null}
        />
        <CurlToggle of="the address for phones" open={open} onToggle={() => setOpen(!open)} />
      </div>
      {open && <Curls act={act} calls={[call]} />}
    </>
  );
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return '';
  }
}
