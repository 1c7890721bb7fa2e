import { type Track, trackOf } from './dots.ts';
import type { PictureLayout, Point } from './layout.ts';
import type { Roads } from './traffic.ts';
import { type PictureView, slotOf } from './view.ts';

/** Middle of the road to a replica: where it is cut. */
export const middleOf = ({ leave, arrive }: { leave: Point; arrive: Point }): Point => ({
  x: (leave.x + arrive.x) / 2,
  y: (leave.y + arrive.y) / 2,
});

/** The ways of this picture; each is worked out once. */
export function roadsOf(layout: PictureLayout, view: PictureView): Roads {
  const known = new Map<string, Track>();
  const places = new Map(
    view.replicas.map((replica, index) => [replica.id, { place: layout.replicas[index], cut: replica.cut }]),
  );
  const far = (on: string | null) => {
    const found = on === null ? undefined : places.get(on);
    if (!found?.place) return [];
    const { place, cut } = found;
    // A road to a replica that takes nothing ends half-way.
    return [{ from: place.leave, to: cut ? middleOf(place) : place.arrive }];
  };
  return {
    track(shopper, on) {
      const exit = exitOf(shopper, layout, view);
      const key = `${exit} ${on}`;
      const track = known.get(key) ?? trackOf([nearLeg(layout, exit), ...far(on)]);
      known.set(key, track);
      return track;
    },
  };
}

function nearLeg({ exits, entries }: PictureLayout, exit: number): { from: Point; to: Point } {
  const origin = { x: 0, y: 0 };
  return { from: exits[exit] ?? origin, to: entries[exit] ?? origin };
}

/** Robots leave by the lower exits, by the height they stand at; what is no robot's comes from the students, on top. */
function exitOf(shopper: number | null, layout: PictureLayout, { robots: looks }: PictureView): number {
  if (shopper === null) return 0;
  const { robots, students, exits } = layout;
  const first = students === null ? 0 : 1;
  const places = robots?.style === 'carts' ? robots.places : [];
  const [top, low] = [places[0]?.y ?? 0, places.at(-1)?.y ?? 0];
  const y = places[slotOf(shopper, looks.length || 1)]?.y;
  const share = y === undefined || low === top ? (shopper % 7) / 7 : (y - top) / (low - top + 1);
  return first + Math.floor(share * (exits.length - first));
}
