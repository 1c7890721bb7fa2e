import '../picture/picture.css';
import { sceneAt } from '../../scene/apply-scene.ts';
import { Picture } from '../picture/picture.tsx';
import { PictureTable } from '../picture/table.tsx';
import { Timeline } from '../picture/timeline.tsx';
import { pictureView } from '../picture/view.ts';
import { runMsAt } from '../shared/model.ts';
import type { PageState } from './page-state.ts';

/** The time line is as wide as the picture: the smaller the drawing, the larger its letters come out. */
const TIMELINES = {
  wide: { width: 872, height: 140 },
  narrow: { width: 784, height: 152 },
  small: { width: 520, height: 152 },
};
export type Size = keyof typeof TIMELINES;

/** The cluster and its last two minutes, as the stage draws them. */
export function Cluster({ page, size }: { page: PageState; size: Size }) {
  const { model, feed, paused, motion, caption } = page;
  if (model.state === null) return <p class="none">Waiting for the cluster.</p>;
  const live = Math.min(Date.now(), (model.heardAtMs ?? 0) + STILL_AFTER_MS);
  const now = runMsAt(model, live);
  const scene = sceneAt(model.state.scene, now);
  const view = pictureView(model, now);
  return (
    <>
      {size !== 'small' && (
        <Picture
          view={view}
          shape={size}
          feed={feed}
          motion={motion}
          paused={paused}
          label={caption === '' ? 'The cluster' : caption}
        />
      )}
      <Timeline scene={scene} now={now} {...TIMELINES[size]} />
      <details class="as-table">
        <summary>The picture as a table</summary>
        <PictureTable view={view} scene={scene} />
      </details>
    </>
  );
}

/** Without news the clock of the picture stands still, and a notice says so. */
const STILL_AFTER_MS = 4000;
