/**
 * npm may pass a Ctrl-C on to a script that the terminal has sent it to already, so one key press arrives twice. Only a
 * signal that comes later than this is a second one.
 */
const SAME_KEY_PRESS_MS = 500;

/** Aborted at the first Ctrl-C or SIGTERM; the second ends this process at once, and the reaper the rest. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!controller.signal.aborted) {
        firstAt = performance.now();
        controller.abort(new Error('stopped before everything was up'));
      } else if (performance.now() - firstAt > SAME_KEY_PRESS_MS) process.exit(1);
    });
  }
  return controller.signal;
}
