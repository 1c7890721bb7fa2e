import { useState } from 'preact/hooks';
import { STOP_LOAD, startLoad } from '../shared/api.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { CallButton, Group } from './parts.tsx';

const DEFAULT_SHOPPERS = 60;
/** More than that nobody tells apart on a wall; `npm run load` takes more. */
const MAX_SHOPPERS = 200;

/** Starts and stops shoppers. */
export function LoadControls({ act, load }: { act: Actions; load: View['load'] }) {
  const [shoppers, setShoppers] = useState(DEFAULT_SHOPPERS);
  const [seedText, setSeed] = useState('');
  const seed = /^\d+$/.test(seedText) ? Number(seedText) : null;
  const start = startLoad(shoppers, seed);
  const nobody = load.running ? null : 'No shoppers that were started here are running.';
  return (
    <Group act={act} title="Load" is={load.isText} calls={[start, STOP_LOAD]}>
      <label>
        <span class="top">
          Shoppers <b class="grow">{shoppers}</b>
        </span>
        <input
          type="range"
          min={0}
          max={MAX_SHOPPERS}
          step={5}
          value={shoppers}
          onInput={(event) => setShoppers(Number(event.currentTarget.value))}
        />
      </label>
      <div class="pair">
        <CallButton act={act} call={start} off={whyNot(load, shoppers, seedText)} />
        <CallButton act={act} call={STOP_LOAD} off={nobody} />
        <button
          type="button"
          class="btn"
          aria-disabled={act.locked || nobody !== null}
          title={nobody ?? ''}
          onClick={() => (nobody === null ? act.newCohort(shoppers, seed) : act.say(nobody))}
        >
          New cohort
        </button>
        <label class="inline">
          Seed
          <input
            inputMode="numeric"
            placeholder="any"
            value={seedText}
            onInput={(event) => setSeed(event.currentTarget.value)}
          />
        </label>
      </div>
    </Group>
  );
}

function whyNot(load: View['load'], shoppers: number, seed: string): string | null {
  if (load.running) return 'Shoppers are running; stop them first, or start a new cohort.';
  if (shoppers === 0) return 'Nobody would shop: move the slider to the right.';
  return /^\d*$/.test(seed) ? null : 'The seed must be a whole number, or nothing for any.';
}
