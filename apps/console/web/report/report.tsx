import type { RunView } from '../../contract.ts';
import { saveRecording, saveRuns } from '../control/save.ts';
import { clockOf } from '../shared/time.ts';
import { Chart } from './chart.tsx';
import { Mark } from './mark.tsx';
import { bigNumbers, factsOf, impactText, radiusText } from './words.ts';

/** The result of a run, on a sheet or two. `message` is about a download. */
export function Report(props: { run: RunView; message: string; say(text: string): void }) {
  const { run, message, say } = props;
  return (
    <main>
      <header>
        <h1>
          <Mark /> Run {run.number}
        </h1>
        <p>
          {run.affinity}, sessions in {run.sessions}, {run.shoppers} shoppers · {run.id}
          {run.running && <b> · it still goes on, these are its numbers so far</b>}
        </p>
      </header>
      <section class="numbers" aria-label="Result">
        {bigNumbers(run).map(({ value, of, text, alarming }) => (
          <p key={text}>
            <strong class={alarming ? 'alarming' : ''}>{value}</strong> {of !== '' && <em>{of}</em>}
            <span>{text}</span>
          </p>
        ))}
      </section>
      <section>
        <h2>Over time</h2>
        {run.seconds.length === 0 ? <p>No second of it was told yet.</p> : <Chart run={run} />}
        <p class="legend">
          Hatched: broken carts at that moment, of all carts. Grey line: requests a second. Numbers: what was
          done, as in the table.
        </p>
      </section>
      <Impacts run={run} />
      <section>
        <h2>What it was</h2>
        <dl>
          {factsOf(run).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section>
        <h2>See it again</h2>
        <p>
          Without a cluster, at any speed: <code>npm run replay -- {run.id}</code>
        </p>
        <p class="saves">
          <button type="button" onClick={() => saveRecording(run, say)}>
            Save the recording
          </button>
          <button type="button" onClick={() => saveRuns([run], say)}>
            Save the numbers as JSON
          </button>
          <button type="button" onClick={() => print()}>
            Print
          </button>
        </p>
        <p role="status">{message}</p>
      </section>
    </main>
  );
}

function Impacts({ run }: { run: RunView }) {
  const { impacts, startedT, running } = run;
  return (
    <section>
      <h2>What was done to it</h2>
      {impacts.length === 0 ? (
        <p>Nothing: it was left in peace.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col">At</th>
              <th scope="col">What</th>
              <th scope="col">Blast radius</th>
              <th scope="col">What came of it</th>
            </tr>
          </thead>
          <tbody>
            {impacts.map((impact, index) => (
              <tr key={index}>
                <td>{index + 1}</td>
                <td>{clockOf(Math.max(0, impact.t - startedT))}</td>
                <th scope="row">{impact.what}</th>
                <td class={impact.broken > 0 ? 'alarming' : ''}>{radiusText(impact)}</td>
                <td>{impactText(impact, running)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
