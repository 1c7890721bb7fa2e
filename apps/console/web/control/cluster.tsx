import { useState } from 'preact/hooks';
import { DEPLOY_STRATEGIES, type DeployStrategy } from '../../../agent/contract.ts';
import { deploy, setReplicas } from '../shared/api.ts';
import { DEPLOY_LABELS } from '../shared/labels.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { CallButton, Group } from './parts.tsx';
import { callOf, presetsAt } from './presets.ts';

export const addReplica = (count: number) => setReplicas(count + 1, 'Add replica');
export const removeReplica = (count: number) => setReplicas(Math.max(1, count - 1), 'Remove replica');

/** How many replicas, replacing them, and what concerns all of them. */
export function ClusterControls({ act, view }: { act: Actions; view: View }) {
  const [strategy, setStrategy] = useState<DeployStrategy>('in-place');
  const count = view.replicas?.length ?? null;
  const add = addReplica(count ?? 0);
  const remove = removeReplica(count ?? 0);
  const rollout = deploy(strategy);
  const others = presetsAt('cluster').map((preset) => callOf(preset));
  const unknown = count === null ? 'The agent cannot be asked how many replicas there are.' : null;
  return (
    <Group act={act} title="Cluster" is={view.readyText} calls={[add, remove, rollout, ...others]}>
      <div class="pair">
        <CallButton act={act} call={add} off={unknown} />
        <CallButton
          act={act}
          call={remove}
          off={unknown ?? (count === 1 ? 'The last replica stays.' : null)}
        />
        <CallButton
          act={act}
          call={rollout}
          label="Rolling deploy"
          hotkey="D"
          off={view.deploy === null ? null : 'A deploy is under way; wait until it has finished.'}
        />
        <select
          aria-label="How to deploy"
          value={strategy}
          onChange={(event) => setStrategy(event.currentTarget.value as DeployStrategy)}
        >
          {DEPLOY_STRATEGIES.map((value) => (
            <option key={value} value={value}>
              {DEPLOY_LABELS[value]}
            </option>
          ))}
        </select>
        {others.map((call) => (
          <CallButton key={call.what} act={act} call={call} />
        ))}
      </div>
    </Group>
  );
}
