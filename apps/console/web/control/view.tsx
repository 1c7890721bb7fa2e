import { Mark } from '../picture/marks.tsx';
import type { NumberView } from '../shared/numbers.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { Charts } from './charts.tsx';
import { ClusterControls } from './cluster.tsx';
import { Events, Faults } from './events.tsx';
import { Folded } from './fold.tsx';
import { Header } from './header.tsx';
import { KeysHelp } from './keys-help.tsx';
import { LoadControls } from './load.tsx';
import { Door, Notices } from './notices.tsx';
import type { PageState } from './page-state.ts';
import { PageLink } from './parts.tsx';
import { Cluster } from './picture.tsx';
import { RecordingControls } from './recording.tsx';
import { Replicas } from './replicas.tsx';
import { RunTable } from './runs.tsx';
import { MainSettings, MoreSettings } from './settings.tsx';
import { Students } from './students.tsx';
import { Vote } from './vote.tsx';

/** Below this the picture folds away: numbers, time line and tables say the same. */
const SMALL_PX = 640;
/** From here on its letters are large enough as the stage draws it. */
const WIDE_PX = 1400;

/** The control page: switches on the left, what is true in the middle, what was said and what happened on the right. */
export function Page({ page, view, act }: { page: PageState; view: View; act: Actions }) {
  const { model, message } = page;
  if (model.refused) return <Door act={act} message={message} />;
  const scene = model.state?.scene ?? null;
  return (
    <>
      <Header
        act={act}
        view={view}
        facts={factsOf(page, view)}
        blank={page.blank}
        onHelp={() => page.set({ help: true })}
      />
      <Notices act={act} view={view} />
      <main>
        <section class="left" aria-label="Controls">
          <Controls act={act} view={view} />
        </section>
        <section class="mid" aria-label="Cluster">
          <div class="numbers">
            {view.numbers.map((number) => (
              <BigNumber key={number.name} number={number} />
            ))}
            <p class="stage-link">
              <PageLink to="/stage">Open stage</PageLink>
            </p>
          </div>
          <p class="say" aria-live="polite">
            {page.caption}
          </p>
          <Cluster
            page={page}
            size={innerWidth < SMALL_PX ? 'small' : innerWidth < WIDE_PX ? 'narrow' : 'wide'}
          />
          <div class="replica-table">
            {view.deploy !== null && (
              <p class="fact">
                <b>{view.deploy}</b>
              </p>
            )}
            <Replicas act={act} view={view} />
          </div>
          <RunTable runs={page.runs} onTick={page.tick} say={act.say} />
          {scene && <Charts scene={scene} ids={view.replicas?.map(({ id }) => id) ?? []} />}
        </section>
        <section class="right" aria-label="Class and events">
          {view.recording === null && (
            <>
              <Vote
                act={act}
                vote={scene?.vote ?? null}
                impact={scene?.impact ?? null}
                question={page.question}
                onQuestion={(question) => page.set({ question })}
              />
              <Students
                act={act}
                students={scene?.students ?? []}
                phones={model.state?.phones ?? { open: false, joinUrls: [] }}
              />
              <section aria-label="Active faults">
                <h2>Active faults</h2>
                <Faults act={act} faults={view.faults} />
              </section>
            </>
          )}
          <Events log={view.log} />
        </section>
      </main>
      <KeysHelp open={page.help} onClose={() => page.set({ help: false })} />
      <Message text={message} stays={page.stays} act={act} />
    </>
  );
}

function Controls({ act, view }: { act: Actions; view: View }) {
  if (view.recording !== null) return <RecordingControls act={act} recording={view.recording} />;
  return (
    <>
      <MainSettings act={act} settings={view.settings} />
      <LoadControls act={act} load={view.load} />
      <ClusterControls act={act} view={view} />
      <Folded act={act} view={view} />
      <MoreSettings act={act} settings={view.settings} />
      <p class="hint">In the curl lines, $TOKEN is the token printed in the terminal.</p>
    </>
  );
}

/** What stands beside "live": the run, its seed, the time, how many phones, where the console is. */
function factsOf({ model, runs }: PageState, view: View): string[] {
  if (model.state === null) return [];
  const run = runs.list[0];
  const phones = model.state.scene.students.length;
  return [
    ...(run ? [`run ${run.number}`] : []),
    ...(run && run.seed !== null ? [`seed ${run.seed}`] : []),
    view.clock,
    ...(phones > 0 ? [`${phones} phone${phones === 1 ? '' : 's'}`] : []),
    `${model.state.name} on ${location.host}`,
  ];
}

function BigNumber({ number }: { number: NumberView }) {
  return (
    <p class={number.alarming ? 'alarming' : ''}>
      <span class="value">
        {number.alarming && <Mark size={26} />}
        <b>{number.value}</b>
        {number.of !== null && `/ ${number.of}`}
      </span>{' '}
      {number.text}
    </p>
  );
}

/** What was just done, or what a call was refused for; a refusal stays until it is dismissed. */
function Message({ text, stays, act }: { text: string; stays: boolean; act: Actions }) {
  return (
    <div class={text === '' ? 'vh' : stays ? 'message' : 'message brief'}>
      <output>{text}</output>
      {text !== '' && stays && (
        <button type="button" class="link" onClick={() => act.say('')}>
          Dismiss
        </button>
      )}
    </div>
  );
}
