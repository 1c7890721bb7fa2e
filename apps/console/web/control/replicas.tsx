import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { fitText } from '../picture/text.ts';
import type { ReplicaRow } from '../shared/rows.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { replicaCalls, replicaChoices } from './choices.ts';
import { CallButton, Curls, CurlToggle } from './parts.tsx';

/** The picture as a table, and what can be done to each replica. */
export function Replicas({ act, view }: { act: Actions; view: View }) {
  const [open, setOpen] = useState<string | null>(null);
  if (view.replicas === null) return <p class="none">The replicas are not known yet.</p>;
  const steers = view.recording === null;
  return (
    <table class="replicas">
      <thead>
        <tr>
          <th scope="col">Replica</th>
          <th scope="col">State</th>
          <th scope="col">Pins</th>
          <th scope="col">Carts</th>
          <th scope="col">Req/s</th>
          <th scope="col">p99</th>
          {steers && <th scope="col">Do this to it</th>}
        </tr>
      </thead>
      <tbody>
        {view.replicas.map((row) => (
          <Fragment key={row.id}>
            <tr class={[isGone(row) && 'gone', row.notes.length > 0 && 'noted'].filter(Boolean).join(' ')}>
              <Cells row={row} />
              {steers && (
                <td class="do">
                  {replicaChoices(row).map(({ label, call, off, says }, place) => (
                    <CallButton key={place} {...{ act, call, label, off, says }} target={row.id} />
                  ))}
                  <CurlToggle
                    of={row.id}
                    open={open === row.id}
                    onToggle={() => setOpen(open === row.id ? null : row.id)}
                  />
                </td>
              )}
            </tr>
            {open === row.id && (
              <tr class="calls">
                <td colSpan={7}>
                  <Curls act={act} calls={replicaCalls(row)} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

const COLOURED_REPLICAS = 8;

const isGone = ({ state }: ReplicaRow): boolean => state === 'dead' || state === 'stopping';

function Cells({ row }: { row: ReplicaRow }) {
  const colour = row.number <= COLOURED_REPLICAS ? `r${row.number}` : '';
  const look = isGone(row) ? 'gone' : `${colour} ${row.state}`;
  return (
    <>
      <th scope="row">
        <span class="name">
          <span class={`badge ${look}`} aria-hidden="true">
            {row.number}
          </span>
          <span>
            <b>{row.id}</b> {row.life.slice(row.id.length)}
          </span>
        </span>
      </th>
      <td class={`state ${row.state}`}>
        {row.state === 'frozen' && <Pause />}
        {row.stateWord}
        {row.notes.length > 0 && <Notes text={row.notes.join(', ')} />}
      </td>
      <td data-label="pins">{row.pins}</td>
      <td data-label="carts">{row.sessions}</td>
      <td data-label="requests">{row.perSecond}</td>
      <td data-label="p99">{row.p99}</td>
    </>
  );
}

/** In px: a line under name and state. The log has the whole of it. */
const NOTE_PX = 172;
const NOTE_SIZE = 12;

const Notes = ({ text }: { text: string }) => <small title={text}>{fitText(text, NOTE_PX, NOTE_SIZE)}</small>;

function Pause() {
  return (
    <svg class="pause" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d="M3 1v10M9 1v10" />
    </svg>
  );
}
