import type { PictureLayout } from './layout.ts';
import type { Crowd } from './layout-crowds.ts';
import { Text } from './marks.tsx';
import { Cart, Named } from './shopper.tsx';
import { textWidth } from './text.ts';
import type { PictureView, ShopperLook } from './view.ts';

/** Students by name above, robots as a field of carts below. */
export function Shoppers({ layout, view }: { layout: PictureLayout; view: PictureView }) {
  const { students, robots } = layout;
  const brokenStudents = view.students.filter(({ broken }) => broken).length;
  return (
    <>
      {students && (
        <>
          <Title crowd={students} text={`${view.students.length} of you`} broken={brokenStudents} />
          <Everybody
            crowd={students}
            count={view.students.length}
            looks={view.students}
            view={view}
            broken={brokenStudents}
          />
        </>
      )}
      {robots && (
        <>
          <Title crowd={robots} text={robotsText(view.robotCount)} broken={view.brokenRobots} />
          <Everybody
            crowd={robots}
            count={view.robotCount}
            looks={view.robots}
            view={view}
            broken={view.brokenRobots}
          />
        </>
      )}
      {!students && !robots && (
        <>
          <Text x={0} y={140} bold>
            Nobody is shopping
          </Text>
          <Text x={0} y={166} tone="ink-2">
            yet
          </Text>
        </>
      )}
    </>
  );
}

const robotsText = (count: number): string => (count === 1 ? '1 robot' : `${count} robots`);

function Title({ crowd, text, broken }: { crowd: Crowd; text: string; broken: number }) {
  const { x, y, right } = crowd.title;
  return (
    <>
      <Text x={x} y={y} bold>
        {text}
      </Text>
      {broken > 0 && (
        <Text
          x={right}
          y={y}
          bold
          anchor="end"
          tone="broken-ink"
          room={right - x - textWidth(text, 18, true) - 10}
        >
          {`${broken} broken`}
        </Text>
      )}
    </>
  );
}

interface CrowdProps {
  crowd: Crowd;
  count: number;
  looks: ShopperLook[];
  view: PictureView;
  broken: number;
}

function Everybody({ crowd, count, looks, view, broken }: CrowdProps) {
  if (crowd.style === 'bar') return <Bar crowd={crowd} share={broken / Math.max(1, count)} />;
  const Look = crowd.style === 'carts' ? Cart : Named;
  return crowd.places.map((place, slot) => {
    const shopper = looks[slot];
    return (
      shopper && (
        <Look key={shopper.key} place={place} shopper={shopper} view={view} pill={crowd.style === 'pills'} />
      )
    );
  });
}

/** More than can be told apart: all as one, the broken part torn off. */
function Bar({ crowd, share }: { crowd: Crowd; share: number }) {
  const [bar] = crowd.places;
  if (!bar) return null;
  const { x, y, w, h } = bar;
  const broken = Math.min(1, share) * w;
  return (
    <>
      <rect
        x={x + 1}
        y={y + 1}
        width={w - 2}
        height={h - 2}
        rx={4}
        fill="var(--band)"
        stroke="var(--edge)"
        stroke-width="2"
      />
      {broken > 0 && (
        <rect
          x={x + w - broken}
          y={y + 1}
          width={Math.max(2, broken - 1)}
          height={h - 2}
          fill="url(#broken-hatch)"
          stroke="var(--broken)"
          stroke-width="2"
        />
      )}
    </>
  );
}
