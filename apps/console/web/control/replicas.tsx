import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { ReplicaRow } from '../shared/rows.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { possible, replicaChoices } from './choices.ts';
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
          <th scope="col">Sessions</th>
          <th scope="col">Requests</th>
          <th scope="col">p99</th>
          {steers && <th scope="col">Do this to it</th>}
        </tr>
      </thead>
      <tbody>
        {view.replicas.map((row) => (
          <Fragment key={row.id}>
            <tr class={isGone(row) ? 'gone' : ''}>
              <Cells row={row} />
              {steers && (
                <td class="do">
                  {replicaChoices(row).map(({ label, call, off }, place) => (
                    <CallButton key={place} act={act} call={call} label={label} target={row.id} off={off} />
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
                  <Curls act={act} calls={possible(replicaChoices(row))} />
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
      </td>
      <td data-label="pins">{row.pins}</td>
      <td data-label="sessions">{row.sessions}</td>
      <td data-label="requests">{row.perSecond}</td>
      <td data-label="p99">{row.p99}</td>
    </>
  );
}

function Pause() {
  return (
    <svg class="pause" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d="M3 1v10M9 1v10" />
    </svg>
  );
}
