import type { MemberView } from '../contract.ts';

/**
 * The port behind which members of the cluster live: child processes, or containers. It speaks the verbs of the shell
 * and knows nothing of faults, settings or carts. Every verb resolves when its effect is there, and asking for what is
 * already so is a success, except where a fault would only pretend: killing or pausing what does not run is refused.
 */
export interface Runtime {
  readonly kind: 'process' | 'docker';
  /** Every member, shops in the order of their numbers. */
  members(): MemberView[];
  /** Resolves when the member is ready. A paused one runs already: it stays paused. */
  start(id: string): Promise<void>;
  /** SIGTERM, and SIGKILL after the grace. A paused member is resumed for it: it could not hear otherwise. */
  stop(id: string, options: { graceMs: number }): Promise<void>;
  kill(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** stop and start; resolves when the new life is ready. */
  restart(id: string, options: { graceMs: number }): Promise<void>;
  /** One more shop, with the lowest free number; resolves to its id when it is ready. */
  add(): Promise<string>;
  /** Stops a shop and forgets it. */
  remove(id: string, options: { graceMs: number }): Promise<void>;
  /** Ends everything, in the order that loses the least; nothing can be started after that. A success when repeated. */
  close(): Promise<void>;
}

/** A verb that cannot be carried out: `not-found`, the member's state forbids it, or it was tried and failed. */
export class RuntimeError extends Error {
  readonly reason: 'not-found' | 'wrong-state' | 'failed';
  constructor(reason: RuntimeError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** How long a stop waits for a member to finish what is under way, unless told otherwise. */
export const DEFAULT_GRACE_MS = 5000;
