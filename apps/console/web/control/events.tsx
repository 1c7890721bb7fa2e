import { useState } from 'preact/hooks';
import { undoFault } from '../shared/api.ts';
import type { FaultRow } from '../shared/faults.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { CallButton, Curls, CurlToggle } from './parts.tsx';

/** The faults that are still in the way, each with what undoing it does. */
export function Faults({ act, faults }: { act: Actions; faults: FaultRow[] }) {
  if (faults.length === 0) return <p class="none">None.</p>;
  return (
    <ul class="faults">
      {faults.map((fault) => (
        <Fault key={fault.id} act={act} fault={fault} />
      ))}
    </ul>
  );
}

function Fault({ act, fault }: { act: Actions; fault: FaultRow }) {
  const [open, setOpen] = useState(false);
  const call = undoFault(fault.id, `Undo ${fault.label}`);
  return (
    <li>
      <div class="row">
        <span class="grow">
          <b>{fault.label}</b> · {fault.timeText} · {fault.undoText}
        </span>
        <span class="do">
          <CallButton act={act} call={call} label="Undo" target={fault.label} />
          <CurlToggle of={`Undo ${fault.label}`} open={open} onToggle={() => setOpen(!open)} />
        </span>
      </div>
      {open && <Curls act={act} calls={[call]} />}
    </li>
  );
}

/** What happened, newest first. */
export function Events({ log }: { log: View['log'] }) {
  return (
    <section class="log" aria-label="Events">
      <div class="top">
        <h2>Events</h2>
        <span class="key" aria-hidden="true">
          <Who by="you" /> you <Who by="cluster" /> cluster
        </span>
      </div>
      {log.length === 0 && <p class="none">Nothing has happened yet.</p>}
      <ol>
        {log.map((line) => (
          <li key={line.seq} class={line.by}>
            <time>{line.clock}</time>
            <Who by={line.by} />
            <span>
              <span class="vh">{line.by}: </span>
              {line.text}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Who({ by }: { by: 'you' | 'cluster' }) {
  return (
    <svg class={`who ${by}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d="M2.5 3h11L8 12z" />
    </svg>
  );
}
