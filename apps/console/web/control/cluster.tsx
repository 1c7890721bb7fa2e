import { useState } from 'preact/hooks';
import { DEPLOY, STOP_LOAD, setReplicas, startLoad } from '../shared/api.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { CallButton, Group } from './parts.tsx';

const DEFAULT_SHOPPERS = '60';

/** Starts and stops shoppers. */
export function LoadControls({ act, load }: { act: Actions; load: View['load'] }) {
  const [shoppers, setShoppers] = useState(DEFAULT_SHOPPERS);
  const [seed, setSeed] = useState('');
  const count = wholeNumber(shoppers);
  const start = startLoad(count ?? 0, seed === '' ? null : wholeNumber(seed));
  return (
    <Group act={act} title="Load" is={load.isText} calls={[start, STOP_LOAD]}>
      <div class="pair">
        <label>
          Shoppers
          <input
            type="number"
            inputMode="numeric"
            min={1}
            value={shoppers}
            onInput={(event) => setShoppers(event.currentTarget.value)}
          />
        </label>
        <label>
          Seed
          <input
            type="number"
            inputMode="numeric"
            min={1}
            placeholder="any"
            value={seed}
            onInput={(event) => setSeed(event.currentTarget.value)}
          />
        </label>
      </div>
      <div class="pair">
        <CallButton act={act} call={start} label="Start" target="the load" off={whyNotStart(load, count)} />
        <CallButton
          act={act}
          call={STOP_LOAD}
          label="Stop"
          target="the load"
          off={load.running ? null : 'No shoppers that were started here are running.'}
        />
      </div>
    </Group>
  );
}

/** How many replicas, and replacing them one after the other. */
export function ClusterControls({ act, view }: { act: Actions; view: View }) {
  const count = view.replicas?.length ?? null;
  const add = setReplicas((count ?? 0) + 1, 'Add replica');
  const remove = setReplicas(Math.max(1, (count ?? 0) - 1), 'Remove replica');
  const unknown = count === null ? 'The agent cannot be asked how many replicas there are.' : null;
  return (
    <Group act={act} title="Cluster" is={view.readyText} calls={[add, remove, DEPLOY]}>
      <div class="pair">
        <CallButton act={act} call={add} off={unknown} />
        <CallButton
          act={act}
          call={remove}
          off={unknown ?? (count === 1 ? 'The last replica stays.' : null)}
        />
        <CallButton
          act={act}
          call={DEPLOY}
          kind="wide"
          off={view.deploy === null ? null : 'A deploy is under way; wait until it has finished.'}
        />
      </div>
    </Group>
  );
}

function whyNotStart(load: View['load'], count: number | null): string | null {
  if (load.running) return 'Shoppers are running; stop them first.';
  return count === null || count < 1 ? 'Shoppers must be a whole number, 1 or more.' : null;
}

const wholeNumber = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);
