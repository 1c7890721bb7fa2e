import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { AnyFault } from './any-fault.tsx';
import { type Choice, possible, storeChoices } from './choices.ts';
import { CallButton, Curls, CurlToggle } from './parts.tsx';
import { callOf, presetsAt } from './presets.ts';

/** What is not needed in every lesson: faults of the network and the store, and every fault with its numbers. */
export function Folded({ act, view }: { act: Actions; view: View }) {
  const network: Choice[] = presetsAt('network').map((preset) => ({
    label: preset.label,
    call: callOf(preset),
    off:
      preset.fault.startsWith('client.') && !shopping(view)
        ? 'Nobody is shopping: start the load first.'
        : null,
  }));
  const inUse = view.settings.some(({ name, value }) => name === 'sessions' && value === 'redis');
  return (
    <div class="folds">
      <Fold title="Network">
        <Choices act={act} choices={network} of="the network" />
      </Fold>
      <Fold title="Store">
        {view.store === null ? (
          <p class="none">The store is not known yet.</p>
        ) : (
          <>
            <p class="fact">
              It is <b>{view.store.stateWord}</b>, {view.store.kind}. {view.store.reason}
            </p>
            <Choices act={act} choices={storeChoices(view.store, inUse)} of="the store" />
          </>
        )}
      </Fold>
      <Fold title="Any fault">
        <AnyFault act={act} view={view} />
      </Fold>
    </div>
  );
}

export function Fold({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details>
      <summary>{title}</summary>
      <div class="group">{children}</div>
    </details>
  );
}

function Choices({ act, choices, of }: { act: Actions; choices: Choice[]; of: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <div class="pair">
        {choices.map(({ label, call, off, confirm }, place) => (
          <CallButton
            key={place}
            act={act}
            call={call}
            label={label}
            off={off}
            {...(confirm === undefined ? {} : { confirm })}
          />
        ))}
      </div>
      <p class="end">
        <CurlToggle of={of} open={open} onToggle={() => setOpen(!open)} />
      </p>
      {open && <Curls act={act} calls={possible(choices)} />}
    </>
  );
}

const shopping = ({ load }: View): boolean => load.running || / req\/s$/.test(load.isText);
