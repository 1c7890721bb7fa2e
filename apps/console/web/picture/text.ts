/**
 * About how wide a text will be, without asking a browser: what is laid out from it is pure, and the same everywhere. The
 * numbers are those of DejaVu Sans, the widest font that is likely, so that any other leaves room to spare.
 */
const NARROW = new Set("iIjl.,:;'|!·");
const SLIM = new Set('ftr()[]-/ "*');
const BROAD = new Set('mwMW%@…');

/** In px of a text of `size` px. */
export function textWidth(text: string, size = 18, bold = false): number {
  let em = 0;
  for (const char of text) em += emOf(char);
  return em * size * (bold ? 1.11 : 1);
}

function emOf(char: string): number {
  if (NARROW.has(char)) return 0.33;
  if (SLIM.has(char)) return 0.4;
  if (BROAD.has(char)) return 0.96;
  return char >= 'A' && char <= 'Z' ? 0.71 : 0.62;
}

/** The text, or as much of it as fits in `width` px, with "…" for the rest. */
export function fitText(text: string, width: number, size = 18, bold = false): string {
  if (textWidth(text, size, bold) <= width) return text;
  for (let end = text.length - 1; end > 0; end--) {
    const cut = `${text.slice(0, end).trimEnd()}…`;
    if (textWidth(cut, size, bold) <= width) return cut;
  }
  return '…';
}
