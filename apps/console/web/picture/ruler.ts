import { textWidth } from './text.ts';

let context: CanvasRenderingContext2D | null | undefined;

/** How wide a text really is in the page's font; what is laid out goes by the estimate of text.ts instead. */
export function measuredWidth(text: string, size: number, bold: boolean): number {
  context ??= document.createElement('canvas').getContext('2d');
  if (!context) return textWidth(text, size, bold);
  context.font = `${bold ? 700 : 400} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return context.measureText(text).width;
}
