import { generate } from 'lean-qr';
import { useMemo } from 'preact/hooks';

/** The quiet zone a scanner needs, in modules. */
const MARGIN = 2;

/** A QR code of `text`, black on white in every theme: that is what phones are trained on. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { path, size } = useMemo(() => modulesOf(text), [text]);
  const box = size + 2 * MARGIN;
  return (
    <svg
      class="qr"
      viewBox={`${-MARGIN} ${-MARGIN} ${box} ${box}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect x={-MARGIN} y={-MARGIN} width={box} height={box} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}

function modulesOf(text: string): { path: string; size: number } {
  const code = generate(text);
  let path = '';
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) if (code.get(x, y)) path += `M${x} ${y}h1v1h-1z`;
  }
  return { path, size: code.size };
}
