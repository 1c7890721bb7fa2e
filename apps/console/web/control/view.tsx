import type { NumberView } from '../shared/numbers.ts';
import type { View } from '../shared/view.ts';
import type { Actions } from './actions.ts';
import { ClusterControls, LoadControls } from './cluster.tsx';
import { Events, Faults } from './events.tsx';
import { Header } from './header.tsx';
import { Mark } from './parts.tsx';
import { Replicas, Store } from './replicas.tsx';
import { MainSettings, MoreSettings } from './settings.tsx';

/** The control page: switches on the left, what is true in the middle, what happened on the right. */
export function Page({ view, message, act }: { view: View; message: string; act: Actions }) {
  return (
    <>
      <Header act={act} view={view} />
      <main>
        <section class="left" aria-label="Controls">
          <MainSettings act={act} settings={view.settings} />
          <LoadControls act={act} load={view.load} />
          <ClusterControls act={act} view={view} />
          <MoreSettings act={act} settings={view.settings} />
          <p class="hint">In the curl lines, $TOKEN is the token printed in the terminal.</p>
        </section>
        <section class="mid" aria-label="Cluster">
          <div class="numbers">
            {view.numbers.map((number) => (
              <BigNumber key={number.name} number={number} />
            ))}
          </div>
          <div>
            <div class="top">
              <h2>Replicas</h2>
              <span class="is">
                <b>{view.deploy ?? view.readyText}</b>
              </span>
            </div>
            <Replicas act={act} view={view} />
          </div>
          <div>
            <h2>Session store</h2>
            <Store act={act} store={view.store} />
          </div>
          <div>
            <h2>Active faults</h2>
            <Faults act={act} faults={view.faults} />
          </div>
        </section>
        <Events log={view.log} />
      </main>
      <Message text={message} act={act} />
    </>
  );
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

/** The one polite live region: what a call was refused for. */
function Message({ text, act }: { text: string; act: Actions }) {
  return (
    <div class={text === '' ? 'vh' : 'message'}>
      <output>{text}</output>
      {text !== '' && (
        <button type="button" class="link" onClick={() => act.say('')}>
          Dismiss
        </button>
      )}
    </div>
  );
}
