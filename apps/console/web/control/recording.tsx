import { useState } from 'preact/hooks';
import { windRecording } from '../shared/api.ts';
import type { RecordingView } from '../shared/view.ts';
import type { Actions } from './actions.ts';

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const STEP_MS = 1000;

/** A recording instead of a cluster: it is played, stopped and wound. There is nothing to break. */
export function RecordingControls({ act, recording }: { act: Actions; recording: RecordingView }) {
  const { run, speed, startsAt, endsAt, at, atText } = recording;
  /** where the slider is held; it must not run away under the finger */
  const [held, setHeld] = useState<number | null>(null);
  const plays = speed > 0;
  const toggle = windRecording({ speed: plays ? 0 : 1 }, plays ? 'Pause' : 'Play');
  return (
    <div class="group">
      <div class="top">
        <h2>Recording</h2>
        <span class="is">
          run {run}, <b>{atText}</b>
        </span>
      </div>
      <input
        type="range"
        aria-label="Where the recording is"
        aria-valuetext={atText}
        min={startsAt}
        max={endsAt}
        step={STEP_MS}
        value={held ?? at}
        onInput={(event) => setHeld(Number(event.currentTarget.value))}
        onChange={async (event) => {
          await act.run(windRecording({ at: Number(event.currentTarget.value) }, 'Wind'));
          setHeld(null);
        }}
      />
      <div class="pair">
        <button type="button" class="btn go" onClick={() => act.run(toggle)}>
          {toggle.what}
        </button>
        <button
          type="button"
          class="btn"
          onClick={() => act.run(windRecording({ at: startsAt }, 'To the beginning'))}
        >
          To the beginning
        </button>
      </div>
      <fieldset class="seg" aria-label="Speed">
        {SPEEDS.map((value) => (
          <button
            key={value}
            type="button"
            aria-pressed={value === speed}
            onClick={() => act.run(windRecording({ speed: value }, `Speed ${value}×`))}
          >
            {value}×
          </button>
        ))}
      </fieldset>
      <p class="hint">A recording, without a cluster behind it: there is nothing to break.</p>
    </div>
  );
}
