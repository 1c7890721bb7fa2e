import { useState } from 'preact/hooks';
import { Mark } from '../picture/marks.tsx';
import { ARM, EMERGENCY_STOP, RESET, undoFault } from '../shared/api.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { CallButton, Curls, CurlToggle, Hotkey } from './parts.tsx';

/** Who the cluster is, whether the page is up to date, and the ways back. */
export function Header(props: { act: Actions; view: View; facts: string[]; blank: boolean; onHelp(): void }) {
  const { act, view, facts, blank } = props;
  const [open, setOpen] = useState(false);
  const stale = !view.link.live && view.name !== null;
  const last = view.lastFault;
  const undo = undoFault(last?.id ?? 'f1', last === null ? 'Undo last fault' : `Undo ${last.label}`);
  return (
    <header>
      <div class="bar">
        <Mark size={32} />
        <h1>
          Control room<span class="vh"> of {view.name ?? 'a cluster'}</span>
        </h1>
        <p class={view.link.live ? 'link-state live' : 'link-state'}>
          {[stale ? 'no news' : view.link.text, ...facts].map((fact, place) => (
            <span key={place}>{fact}</span>
          ))}
        </p>
        <button type="button" class="btn quiet" aria-haspopup="dialog" onClick={props.onHelp}>
          Keys <Hotkey keys="?" />
        </button>
        {view.recording === null && (
          <CallButton
            act={act}
            call={undo}
            kind="quiet"
            hotkey="Z"
            off={last === null ? 'There is nothing to undo.' : null}
          />
        )}
        <button type="button" class="btn quiet" aria-pressed={blank} onClick={act.blank}>
          {blank ? 'Show stage' : 'Blank stage'} <Hotkey keys="B" />
        </button>
        {view.recording === null && (
          <>
            {/* It throws away carts, pins and counters: it asks for a second press, in place. */}
            <CallButton act={act} call={RESET} confirm="Press again to reset" hotkey="hold Alt+R" />
            <CallButton act={act} call={EMERGENCY_STOP} kind="go" />
            <CurlToggle of="undo, reset and emergency stop" open={open} onToggle={() => setOpen(!open)} />
          </>
        )}
      </div>
      {open && <Curls act={act} calls={[undo, RESET, EMERGENCY_STOP, ARM]} />}
    </header>
  );
}
