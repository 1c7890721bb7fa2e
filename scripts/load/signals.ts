import { EXIT, type StopSignal } from './exit.ts';

/**
 * npm passes a Ctrl-C on to a script that the terminal has already sent it to, so one key press arrives twice. Only a
 * signal that comes later than this is a second one.
 */
const SAME_KEY_PRESS_MS = 500;

/**
 * The first signal ends the run gently; a second one ends the program at once, after `lastWords`. Returns which signal
 * came first, or null.
 */
export function stopOnSignals(on: {
  first(signal: StopSignal): void;
  lastWords(): void;
}): () => StopSignal | null {
  let first: { signal: StopSignal; at: number } | null = null;
  function onSignal(signal: StopSignal): void {
    if (first === null) {
      first = { signal, at: performance.now() };
      on.first(signal);
      return;
    }
    if (performance.now() - first.at < SAME_KEY_PRESS_MS) return;
    on.lastWords();
    process.exit(EXIT[signal]);
  }
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // Started by a console over IPC, and the console is gone: shoppers must not outlive their cluster.
  process.on('disconnect', () => process.exit(EXIT.SIGTERM));
  // That listener alone would keep this process alive when everything is done.
  process.channel?.unref();
  return () => first?.signal ?? null;
}
