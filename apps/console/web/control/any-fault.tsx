import { useState } from 'preact/hooks';
import { FAULTS, type FaultName, type FaultPlan, type FaultRow } from '../../../agent/contract.ts';
import { type Call, dryRun, injectFault } from '../shared/api.ts';
import { FAULT_LABELS, TARGET_LABELS, targetLabel } from '../shared/labels.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { type Field, fieldLabel, fieldsOf, wordsOf } from './fault-fields.ts';
import { CallButton, Curls } from './parts.tsx';
import { groupOf, isIrreversible } from './presets.ts';

const NAMES = Object.keys(FAULTS) as FaultName[];
const GROUPS = [...new Set(NAMES.map(groupOf))];

/** Every fault of the table with everything it takes; a dry run shows who would be hit, and by which calls. */
export function AnyFault({ act, view }: { act: Actions; view: View }) {
  const [fault, setFault] = useState<FaultName>('replica.kill');
  const [target, setTarget] = useState('most-carts');
  const [forTime, setFor] = useState('');
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [plan, setPlan] = useState<FaultPlan | null>(null);
  const row: FaultRow = FAULTS[fault];
  const fields = fieldsOf(fault);
  const aimed = row.role === 'shop';
  const call = injectFault(fault, {
    what: aimed ? `${FAULT_LABELS[fault].name} ${targetLabel(target)}` : FAULT_LABELS[fault].name,
    ...(aimed ? { target } : {}),
    with: wordsOf(fields, typed),
    for: row.undo === null ? '' : forTime.trim(),
  });
  const choose = (name: FaultName) => {
    setFault(name);
    setTyped({});
    setPlan(null);
  };
  return (
    <>
      <label>
        Fault
        <select value={fault} onChange={(event) => choose(event.currentTarget.value as FaultName)}>
          {GROUPS.map((group) => (
            <optgroup key={group} label={group}>
              {NAMES.filter((name) => groupOf(name) === group).map((name) => (
                <option key={name} value={name}>
                  {FAULT_LABELS[name].name} ({name})
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <p class="hint">
        {row.help}. {row.undo === null ? 'It cannot be undone.' : `Undo: ${row.undo}.`}
      </p>
      <div class="pair">
        {aimed && <Target view={view} target={target} onChange={setTarget} />}
        {row.undo !== null && (
          <label>
            For
            <input
              placeholder="until undone"
              value={forTime}
              onInput={(event) => setFor(event.currentTarget.value)}
            />
          </label>
        )}
        {fields.map((field) => (
          <Word
            key={`${fault} ${field.name}`}
            field={field}
            value={typed[field.name] ?? field.initial}
            onChange={(value) => setTyped({ ...typed, [field.name]: value })}
          />
        ))}
      </div>
      <div class="pair">
        <button
          type="button"
          class="btn quiet"
          aria-disabled={act.locked}
          onClick={() => rehearse(act, call, setPlan)}
        >
          Dry run
        </button>
        <CallButton
          act={act}
          call={call}
          label="Do it"
          {...(isIrreversible(fault) ? { confirm: 'Sure?' } : {})}
        />
      </div>
      {plan && <Plan plan={plan} />}
      <Curls act={act} calls={[call]} />
    </>
  );
}

async function rehearse(act: Actions, call: Call, show: (plan: FaultPlan | null) => void): Promise<void> {
  show((await act.run(dryRun(call))) as FaultPlan | null);
}

function Plan({ plan }: { plan: FaultPlan }) {
  return (
    <div class="plan" role="status">
      <p>
        Would hit <b>{plan.targets.length === 0 ? 'everybody' : plan.targets.join(', ')}</b>; nothing was
        done.
      </p>
      <ol>
        {plan.calls.map((call) => (
          <li key={call}>{call}</li>
        ))}
      </ol>
    </div>
  );
}

function Target(props: { view: View; target: string; onChange(target: string): void }) {
  const ids = props.view.replicas?.map(({ id }) => id) ?? [];
  return (
    <label>
      Target
      <select value={props.target} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {[...Object.keys(TARGET_LABELS), ...ids].map((target) => (
          <option key={target} value={target}>
            {targetLabel(target)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Word({ field, value, onChange }: { field: Field; value: string; onChange(value: string): void }) {
  const { name, kind, options, hint } = field;
  const id = `with-${name}`;
  // It is only there to be said: doing it is saying it.
  if (kind === 'flag') return null;
  return (
    <div>
      <label for={id}>{fieldLabel(name)}</label>
      {kind === 'choice' ? (
        <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          inputMode={kind === 'number' ? 'decimal' : 'text'}
          placeholder={hint}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
