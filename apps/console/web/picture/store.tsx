import type { Box } from './layout.ts';
import { Cross, PauseSign, Tag, Text } from './marks.tsx';
import type { StoreLook } from './store-look.ts';
import { tokensFor } from './tokens.ts';

/** Height of half the lid. */
const LID = 11;

/** The store as a drum: dashed while nobody uses it, so that it never comes and goes. */
export function Store({ box, store }: { box: Box; store: StoreLook }) {
  const { x, y, w, h } = box;
  const middle = x + w / 2;
  const used = store.state === 'up' || store.state === 'frozen';
  const edge = used ? 'var(--edge)' : 'var(--mute)';
  const tone = used ? 'ink' : 'dead-ink';
  const textY = y + h - LID - 12 - (store.lines.length - 1) * 22;
  return (
    <>
      <path
        d={`M${x + 1} ${y + LID}v${h - 2 * LID}a${w / 2 - 1} ${LID} 0 0 0 ${w - 2} 0v${2 * LID - h}`}
        fill={GROUNDS[store.state] ?? 'var(--ground)'}
        stroke={edge}
        stroke-width="2"
        stroke-dasharray={used ? undefined : '6 4'}
      />
      <ellipse
        cx={middle}
        cy={y + LID}
        rx={w / 2 - 1}
        ry={LID}
        fill={used ? 'var(--store)' : (GROUNDS[store.state] ?? 'var(--ground)')}
        stroke={edge}
        stroke-width="2"
        stroke-dasharray={used ? undefined : '6 4'}
      />
      <Text x={middle} y={y + 49} bold anchor="middle" tone={tone}>
        {store.name}
      </Text>
      {used ? (
        <>
          {store.state === 'frozen' && <PauseSign x={middle} y={y + 76} h={24} />}
          <Keys
            box={{
              x: x + 8,
              y: y + (store.state === 'frozen' ? 98 : 63),
              w: w - 16,
              h: textY - y - (store.state === 'frozen' ? 120 : 84),
            }}
            keys={store.keys}
          />
          {store.lines.map((line, index) => (
            <Text key={index} x={middle} y={textY + index * 22} bold={index === 0} anchor="middle">
              {line}
            </Text>
          ))}
        </>
      ) : (
        <>
          <Text x={middle} y={y + 73} anchor="middle" tone={tone} bold={store.state === 'down'}>
            {store.lines[0]}
          </Text>
          {store.state === 'down' && <Cross x={middle} y={y + 110} r={12} />}
        </>
      )}
    </>
  );
}

const GROUNDS: Partial<Record<StoreLook['state'], string>> = { down: 'var(--dead)', frozen: 'var(--band)' };

/** One token a session while they fit; a full drum when they do not: the count below says how many. */
function Keys({ box, keys }: { box: Box; keys: number | null }) {
  if (keys === null || keys === 0) return null;
  const columns = Math.floor((box.w - 12) / 13.5) + 1;
  const most = columns * (Math.floor((box.h - 12) / 15) + 1);
  const places = tokensFor(Math.min(keys, most), { ...box, w: columns * 15 }) ?? [];
  return places.map(({ x, y }, index) => (
    <Tag key={index} x={box.x + ((x - box.x) / 15) * 13.5} y={y} fill="var(--store)" />
  ));
}
