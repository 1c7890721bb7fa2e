import { closeSync, openSync, statSync, utimesSync } from 'node:fs';

/**
 * The agent's sign of life for whoever mends what it leaves: the time of a file, touched every second. Touching needs no
 * room on the disk, so a full one does not look like a death.
 */
const BEAT_MS = 1000;
/** After so long without a beat it counts as dead. */
export const SILENCE_MS = 5000;

/**
 * Beats until it is told to stop. `onAway` is called when this process itself was away for so long that its faults may
 * have been undone by others: it was frozen, or the machine slept.
 */
export function startHeartbeat(file: string, onAway: () => void): { stop(): void } {
  closeSync(openSync(file, 'a', 0o600));
  let last = performance.now();
  const beat = () => {
    const now = performance.now();
    if (now - last > SILENCE_MS) onAway();
    last = now;
    touch(file);
  };
  touch(file);
  const timer = setInterval(beat, BEAT_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** The last beat, comparable only with another one: clocks of two containers need not agree. Null = there was none. */
export function readBeat(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Somebody has cleaned up: the next beat finds it gone again, and whoever listens mends too early rather than too late.
  }
}
