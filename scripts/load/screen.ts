import { frameOf, type Look } from './frame.ts';
import type { LoadProgress } from './progress.ts';
import { seconds } from './words.ts';

/** Shows how the load goes while it goes. */
export interface Screen {
  close(): void;
}

export interface ScreenOptions extends Look {
  /** where to show it; stderr, so that stdout stays free for the result */
  out: NodeJS.WriteStream;
  progress(): LoadProgress;
}

const FRAMES_PER_SECOND = 4;
const LINE_EVERY_MS = 1000;
const DEFAULT_COLUMNS = 80;

/** A few fixed lines, redrawn in place. Each frame is one write, so nothing flickers. */
export function openScreen(options: ScreenOptions): Screen {
  const { out, progress } = options;
  let height = 0;
  function draw(): void {
    const columns = out.columns || DEFAULT_COLUMNS;
    const lines = frameOf(progress(), options, columns);
    const up = height > 0 ? `\x1b[${height}A` : '';
    out.write(`${up}${lines.map((line) => `\r${line}\x1b[K\n`).join('')}${CLEAR_BELOW}`);
    height = lines.length;
  }
  out.write(HIDE_CURSOR);
  draw();
  const timer = setInterval(draw, 1000 / FRAMES_PER_SECOND);
  return {
    close() {
      clearInterval(timer);
      draw();
      out.write(SHOW_CURSOR);
    },
  };
}

/** For a file or a pipe: one line a second, nothing is redrawn. */
export function openLog({ out, progress }: Pick<ScreenOptions, 'out' | 'progress'>): Screen {
  const timer = setInterval(() => out.write(`${lineOf(progress())}\n`), LINE_EVERY_MS);
  return { close: () => clearInterval(timer) };
}

/** The terminal shows ^C below the frame when somebody presses it. */
const CLEAR_BELOW = '\x1b[J';
export const HIDE_CURSOR = '\x1b[?25l';
export const SHOW_CURSOR = '\x1b[?25h';

/** One moment as one line. */
export function lineOf(progress: LoadProgress): string {
  const { carts, shoppers, shoppersHit, requestsPerSecond, ops, phase } = progress;
  const note = phase === 'last reads' ? '  last reads' : '';
  return `${seconds(progress.elapsedMs)}  broken carts ${carts.broken} of ${carts.checked}  shoppers hit ${shoppersHit} of ${shoppers}  ${requestsPerSecond} req/s  failed ${ops.fail}  unknown ${ops.unknown}${note}`;
}
