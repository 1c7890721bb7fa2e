/**
 * Manners of a process that the agent starts: it says when it is ready, ignores the Ctrl-C that reaches the whole
 * group (the agent orders the shutdown), and never outlives the agent.
 */
export function behaveAsChild(options: { onStop(): Promise<void>; limitMs: number }): void {
  let stopping = false;
  // Whoever orders it twice does not want to wait.
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    const limit = setTimeout(() => process.exit(1), options.limitMs);
    void options.onStop().then(() => {
      clearTimeout(limit);
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  if (process.send) {
    process.on('SIGINT', () => {});
    // The agent is gone, even if by SIGKILL: there is nobody left to work for. It may have gone before we listened.
    process.on('disconnect', () => process.exit(0));
    if (!process.connected) process.exit(0);
  } else process.on('SIGINT', stop);
}

/** What a child tells the agent over IPC once its ports are open. */
export interface ReadyMessage {
  type: 'ready';
  port: number;
  controlPort?: number;
}

export function announceReady(message: Omit<ReadyMessage, 'type'>): void {
  process.send?.({ type: 'ready', ...message });
}
