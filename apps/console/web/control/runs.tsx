import type { RunSummary } from '../../contract.ts';
import { Compare } from './compare.tsx';
import { PageLink } from './parts.tsx';
import type { Runs } from './run-store.ts';
import { saveRecording, saveRuns } from './save.ts';

/** Each load is a run. Two that are ticked are compared, aligned at what was done to them first. */
export function RunTable(props: { runs: Runs; onTick(id: string): void; say(text: string): void }) {
  const { runs, onTick, say } = props;
  const compared = runs.ticked.flatMap((id) => runs.views.get(id) ?? []);
  return (
    <section class="runs" aria-label="Runs">
      <div class="top">
        <h2>Runs</h2>
        <span class="is">{runs.ticked.length < 2 && runs.list.length > 1 ? 'tick two to compare' : ''}</span>
        {runs.list.length > 0 && (
          <button type="button" class="link" onClick={() => saveRuns(runs.list, say)}>
            Export as JSON
          </button>
        )}
      </div>
      {runs.list.length === 0 ? (
        <p class="none">No run yet. Each load is one; start shopping.</p>
      ) : (
        <div class={compared.length > 0 ? 'beside' : ''}>
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Affinity</th>
                <th scope="col">Sessions</th>
                <th scope="col">Broken</th>
                <th scope="col">
                  <span class="vh">Keep it</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.list.map((run) => (
                <Row key={run.id} run={run} ticked={runs.ticked.includes(run.id)} onTick={onTick} say={say} />
              ))}
            </tbody>
          </table>
          {compared.length > 0 && <Compare runs={compared} />}
        </div>
      )}
    </section>
  );
}

function Row(props: { run: RunSummary; ticked: boolean; onTick(id: string): void; say(text: string): void }) {
  const { run, ticked, onTick, say } = props;
  return (
    <tr>
      <td>
        <label class="check">
          <input type="checkbox" checked={ticked} onChange={() => onTick(run.id)} />
          <span>
            <span class="vh">Compare </span>Run {run.number}
          </span>
        </label>
      </td>
      <td>{run.affinity}</td>
      <td>{run.sessions}</td>
      <td>{brokenText(run)}</td>
      <td class="do">
        <PageLink to={`/report/${encodeURIComponent(run.id)}`}>
          Report<span class="vh"> of run {run.number}</span>
        </PageLink>{' '}
        <button type="button" class="link" onClick={() => saveRecording(run, say)}>
          Recording<span class="vh"> of run {run.number}</span>
        </button>
      </td>
    </tr>
  );
}

function brokenText({ progress, running }: RunSummary): string {
  if (progress === null) return running ? 'begins' : '–';
  const { broken, checked } = progress.carts;
  return `${checked === 0 ? 0 : Math.round((100 * broken) / checked)} %${running ? ', runs' : ''}`;
}
