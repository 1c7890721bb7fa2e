import type { ComponentChildren } from 'preact';

/** A replica is a number, a colour and a pattern; there are this many, then they begin again. */
export const TONES = 8;

/** 1 … 8 */
export const toneOf = (number: number): number => ((Math.max(1, number) - 1) % TONES) + 1;

/** Fill of what belongs to a replica. */
export const patternOf = (number: number): string => `url(#tone${toneOf(number)})`;

const INKS: readonly ComponentChildren[] = [
  null,
  <rect key="2" width="1.5" height="5" />,
  <circle key="3" cx="2.5" cy="2.5" r="1.15" />,
  <rect key="4" width="5" height="1.3" />,
  <rect key="5" width="1.3" height="5" />,
  <path key="6" d="M0 0h1.3v5H0zM0 0h5v1.3H0z" />,
  <circle key="7" cx="2.5" cy="2.5" r="1.2" />,
  <path key="8" d="M0 0h2.5v2.5H0zM2.5 2.5H5V5H2.5z" opacity=".55" />,
];
const TURNED: Record<number, number> = { 2: 45, 6: 45 };

/** Hatches are not colours: they stay when the projector washes the colours out. */
export function Patterns() {
  return (
    <>
      {INKS.map((ink, index) => (
        <pattern
          key={index}
          id={`tone${index + 1}`}
          width="5"
          height="5"
          patternUnits="userSpaceOnUse"
          patternTransform={`rotate(${TURNED[index + 1] ?? 0})`}
        >
          <rect width="5" height="5" fill={`var(--r${index + 1})`} />
          <g fill={index === 6 ? 'var(--r7-on)' : 'var(--outline)'}>{ink}</g>
        </pattern>
      ))}
      <pattern id="drain" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="9" height="9" fill="var(--ground)" />
        <rect width="2.5" height="9" fill="var(--line)" />
      </pattern>
    </>
  );
}
