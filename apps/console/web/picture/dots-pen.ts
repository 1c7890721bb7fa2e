import type { Dot, DotShape } from './dots.ts';
import type { Box } from './layout.ts';

/** Draws dots on a canvas that lies over a part of the picture. */
export function createPen(canvas: HTMLCanvasElement) {
  const context = canvas.getContext('2d');
  let ink = inksOf(canvas);
  return {
    /** Takes the size it is shown at, in the pixels of the screen, and the colours of the theme. */
    fit() {
      const { width, height } = canvas.getBoundingClientRect();
      const scale = devicePixelRatio || 1;
      canvas.width = Math.max(1, Math.round(width * scale));
      canvas.height = Math.max(1, Math.round(height * scale));
      ink = inksOf(canvas);
    },
    draw(dots: readonly Dot[], { window: { x, y, w, h }, lanes }: { window: Box; lanes: Box[] }) {
      if (!context) return;
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.setTransform(canvas.width / w, 0, 0, canvas.height / h, 0, 0);
      context.translate(-x, -y);
      context.beginPath();
      for (const lane of lanes) context.rect(lane.x, lane.y, lane.w, lane.h);
      context.clip();
      context.lineCap = 'round';
      for (const shape of SHAPES) {
        const those = dots.filter((dot) => dot.shape === shape);
        if (those.length > 0) DRAW[shape](context, those, ink);
      }
      context.restore();
    },
  };
}

interface Inks {
  edge: string;
  ground: string;
  broken: string;
}

function inksOf(canvas: HTMLCanvasElement): Inks {
  const style = getComputedStyle(canvas);
  const read = (name: string) => style.getPropertyValue(name).trim() || '#000';
  return { edge: read('--edge'), ground: read('--ground'), broken: read('--broken') };
}

/** What is wrong is drawn last: it must not hide behind what is right. */
const SHAPES: readonly DotShape[] = ['request', 'right', 'error', 'wrong'];

type Draw = (context: CanvasRenderingContext2D, dots: readonly Dot[], inks: Inks) => void;

const DRAW: Record<DotShape, Draw> = {
  request(context, dots, { edge, ground }) {
    circles(context, dots, 4);
    paint(context, ground, edge, 2);
  },
  right(context, dots, { edge }) {
    circles(context, dots, 5);
    paint(context, edge);
  },
  wrong(context, dots, { broken, ground }) {
    context.beginPath();
    for (const { x, y } of dots) {
      context.moveTo(x, y - 8);
      context.lineTo(x + 8, y);
      context.lineTo(x, y + 8);
      context.lineTo(x - 8, y);
      context.closePath();
    }
    paint(context, broken, ground, 1.5);
  },
  error(context, dots, { edge }) {
    context.beginPath();
    for (const { x, y } of dots) {
      context.moveTo(x - 6, y - 6);
      context.lineTo(x + 6, y + 6);
      context.moveTo(x + 6, y - 6);
      context.lineTo(x - 6, y + 6);
    }
    paint(context, null, edge, 3.2);
  },
};

function circles(context: CanvasRenderingContext2D, dots: readonly Dot[], r: number): void {
  context.beginPath();
  for (const { x, y } of dots) {
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, Math.PI * 2);
  }
}

function paint(context: CanvasRenderingContext2D, fill: string | null, stroke?: string, width = 1): void {
  if (fill !== null) {
    context.fillStyle = fill;
    context.fill();
  }
  if (stroke === undefined) return;
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.stroke();
}
