import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { ReplicaRow, StoreRow } from '../shared/rows.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { type Choice, possible, replicaChoices, storeChoices } from './choices.ts';
import { CallButton, Curls, CurlToggle } from './parts.tsx';

const COLOURED_REPLICAS = 5;

export function Replicas({ act, view }: { act: Actions; view: View }) {
  const [open, setOpen] = useState<string | null>(null);
  if (view.replicas === null) return <p class="none">The replicas are not known yet.</p>;
  return (
    <table class="replicas">
      <thead>
        <tr>
          <th scope="col">Replica</th>
          <th scope="col">State</th>
          <th scope="col">Requests</th>
          <th scope="col">p99</th>
          <th scope="col">Do this to it</th>
        </tr>
      </thead>
      <tbody>
        {view.replicas.map((row) => (
          <Fragment key={row.id}>
            <Row
              act={act}
              row={row}
              open={open === row.id}
              onToggle={() => setOpen(open === row.id ? null : row.id)}
            />
            {open === row.id && (
              <tr class="calls">
                <td colSpan={5}>
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

function Row(props: { act: Actions; row: ReplicaRow; open: boolean; onToggle(): void }) {
  const { act, row } = props;
  const gone = row.state === 'dead' || row.state === 'stopping';
  const colour = row.number <= COLOURED_REPLICAS ? `r${row.number}` : '';
  const look = gone ? 'gone' : `${colour} ${row.state}`;
  const boot = row.life.slice(row.id.length);
  return (
    <tr class={gone ? 'gone' : ''}>
      <th scope="row">
        <span class="name">
          <span class={`badge ${look}`} aria-hidden="true">
            {row.number}
          </span>
          <span>
            <b>{row.id}</b>
            {boot}
          </span>
        </span>
      </th>
      <td class="state">
        {row.state === 'frozen' && <Pause />}
        {row.stateWord}
      </td>
      <td class="rate">{row.perSecond}</td>
      <td class="rate">{row.p99}</td>
      <td class="do">
        <Choices act={act} choices={replicaChoices(row)} target={row.id} />
        <CurlToggle of={row.id} open={props.open} onToggle={props.onToggle} />
      </td>
    </tr>
  );
}

/** The session store: what it is, how it is, and what can be done to it. */
export function Store({ act, store }: { act: Actions; store: StoreRow | null }) {
  const [open, setOpen] = useState(false);
  if (store === null) return <p class="none">The store is not known yet.</p>;
  const choices = storeChoices(store);
  return (
    <>
      <div class={store.state === 'exited' ? 'row gone' : 'row'}>
        <Drum />
        <span class="grow">
          <b>{store.stateWord}</b> · {store.kind}
        </span>
        <span class="do">
          <Choices act={act} choices={choices} target="Redis" />
          <CurlToggle of="the store" open={open} onToggle={() => setOpen(!open)} />
        </span>
      </div>
      {store.reason && <p class="hint">{store.reason}</p>}
      {open && <Curls act={act} calls={possible(choices)} />}
    </>
  );
}

function Choices({ act, choices, target }: { act: Actions; choices: Choice[]; target: string }) {
  return choices.map(({ label, call, off }, place) => (
    <CallButton key={place} act={act} call={call} label={label} target={target} off={off} />
  ));
}

function Drum() {
  return (
    <svg class="drum" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d="M3 5v14c0 1.7 4 3 9 3s9-1.3 9-3V5" />
      <ellipse cx="12" cy="5" rx="9" ry="3" />
    </svg>
  );
}

function Pause() {
  return (
    <svg class="pause" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d="M3 1v10M9 1v10" />
    </svg>
  );
}
