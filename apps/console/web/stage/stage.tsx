import type { ComponentChildren } from 'preact';
import type { Caption } from '../../scene/caption.ts';
import type { Feed } from '../picture/feed.ts';
import { Mark } from '../picture/marks.tsx';
import { Numbers } from '../picture/numbers.tsx';
import type { NumbersView } from '../picture/numbers-view.ts';
import { Picture } from '../picture/picture.tsx';
import { PictureTable } from '../picture/table.tsx';
import { Timeline } from '../picture/timeline.tsx';
import { JoinCorner, JoinScreen } from './join.tsx';
import { KEYS, type Show } from './keys.ts';
import type { StageSize } from './size.ts';
import type { StageView } from './view.ts';

export interface StageProps {
  view: StageView;
  /** held back, so that they can be read: see pace.ts */
  numbers: NumbersView;
  caption: Caption;
  /** what a screen reader is told, at its own pace */
  told: string;
  size: StageSize;
  show: Show;
  motion: boolean;
  feed: Feed;
  joinUrl: string | null;
  /** what the instructor just pressed */
  toast: string | null;
  runNumber: number | null;
}

/** The page on the projector. It shows, and has no control over anything. */
export function Stage(props: StageProps) {
  const { view, size, show, joinUrl, told } = props;
  if (show.blank) return <p class="vh">The screen is blank. Press B to see the stage.</p>;
  if (show.join) return <JoinScreen url={joinUrl} students={view.picture.students.length} />;
  return (
    <div
      class={view.stale ? 'stage stale' : 'stage'}
      data-shape={size.shape}
      data-low={size.low || undefined}
    >
      <Header view={view} toast={props.toast} runNumber={props.runNumber} />
      <Strip view={view} short={size.shape === 'tall'} />
      <Middle {...props} />
      {size.shape !== 'small' && (
        <div class={joinUrl === null ? 'low alone' : 'low'}>
          <Timeline scene={view.scene} now={view.now} {...size.timeline} />
          {joinUrl !== null && <JoinCorner url={joinUrl} />}
        </div>
      )}
      <p class={captionClass(props.caption.text, size)} aria-hidden="true">
        {props.caption.text}
      </p>
      <p class="vh" role="status">
        {told}
      </p>
      {show.help && <Help />}
    </div>
  );
}

/** A sentence that is longer than a line of the large letters. */
const captionClass = (text: string, { shape }: StageSize): string =>
  text.length > (shape === 'wide' ? 66 : 52) ? 'caption long' : 'caption';

function Header({ view, toast, runNumber }: Pick<StageProps, 'view' | 'toast' | 'runNumber'>) {
  return (
    <header>
      <Mark size={36} />
      <h1 class={view.claim.length > (view.recording === null && toast === null ? 44 : 30) ? 'long' : ''}>
        {view.claim}
      </h1>
      {view.recording !== null && <p class="recording">{view.recording}</p>}
      {toast === null ? (
        <p class="clock">
          <span class="name">{view.name} · </span>
          {view.clock}
          {runNumber !== null && ` · Run ${runNumber}`}
        </p>
      ) : (
        <p class="toast">{toast}</p>
      )}
    </header>
  );
}

function Strip({ view, short: isShort }: { view: StageView; short: boolean }) {
  return (
    <dl class="strip">
      {view.strip.map(({ label, value, short = value }, index) => (
        <div key={label}>
          {/* The proxy has its affinity for a name: of all labels this one can be missed. */}
          <dt class={isShort && index === 0 ? 'vh' : ''}>{label}</dt>
          <dd>{isShort ? short : value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Picture and numbers; the table instead of the picture where somebody asked for it, or where there is no room. */
function Middle({ view, numbers, size, show, motion, feed }: StageProps) {
  const asTable = show.table || size.shape === 'small';
  return (
    <main>
      {asTable ? (
        <Table>
          <PictureTable view={view.picture} scene={view.scene} />
        </Table>
      ) : (
        <Picture
          view={view.picture}
          shape={size.picture}
          feed={feed}
          motion={motion}
          paused={show.paused || view.stale}
          legend={show.legend}
          label="The cluster: shoppers, proxy, replicas and store. The tables after it say the same."
        />
      )}
      <Numbers view={numbers} />
      {!asTable && (
        <div class="vh">
          <PictureTable view={view.picture} scene={view.scene} />
        </div>
      )}
      {show.paused && !asTable && <p class="pause-note">Paused</p>}
    </main>
  );
}

function Table({ children }: { children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and a keyboard must reach what is below
    <section class="tables" tabIndex={0} aria-label="The picture as tables">
      {children}
    </section>
  );
}

function Help() {
  return (
    <section class="help" aria-label="Keys">
      <h2>Keys of the stage</h2>
      <dl>
        {KEYS.map(({ label, what }) => (
          <div key={label}>
            <dt>
              <kbd>{label}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
