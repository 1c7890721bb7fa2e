import { setTimeout as delay } from 'node:timers/promises';
import type { AgentEvent } from './contract.ts';
import { FaultBook } from './faults/book.ts';
import { openRecords } from './faults/records.ts';
import { createHands, type HandParts } from './hands.ts';
import { readBeat, SILENCE_MS } from './heartbeat.ts';
import type { Runtime } from './runtime/runtime.ts';

export interface Watching {
  /** the file that the agent touches */
  heartbeat: string;
  /** the folder of its fault records */
  records: string;
  /** Reaches for the cluster as it is now, and lets go of it. Called only when there is something to mend. */
  reach(): Promise<HandParts & { release(): void }>;
  /** told what was mended */
  onEvent(event: AgentEvent): void;
  /** told why the cluster cannot be mended now; it is tried again */
  onTrouble(error: Error): void;
  /** aborted = go */
  signal: AbortSignal;
}

const LOOK_MS = 500;
/** What was started or resumed is waited for this long to say which life it is in. */
const LIVES_LIMIT_MS = 10_000;
const LIVES_POLL_MS = 50;

/**
 * The dead man's switch of a cluster that outlives its agent: when the agent's heart stops, everything it has noted is
 * undone by the same code. Before each undo it looks again: an agent that is back mends for itself. Resolves when `signal`
 * is aborted.
 */
export async function watchAgent(watching: Watching): Promise<void> {
  const { heartbeat, signal } = watching;
  let beat = readBeat(heartbeat);
  let heardAt = performance.now();
  while (!signal.aborted) {
    await delay(LOOK_MS, undefined, { signal }).catch(() => {});
    const now = readBeat(heartbeat);
    if (now !== beat) {
      beat = now;
      heardAt = performance.now();
    }
    const silent = () => !signal.aborted && readBeat(heartbeat) === beat;
    if (performance.now() - heardAt < SILENCE_MS || !silent()) continue;
    await mend(watching, silent).catch(watching.onTrouble);
    // What could not be mended, or is noted meanwhile, is found after another silence of that length.
    heardAt = performance.now();
  }
}

async function mend(
  { records: folder, reach, onEvent, signal }: Watching,
  silent: () => boolean,
): Promise<void> {
  const records = openRecords(folder);
  if (!records.some()) return;
  const parts = await reach();
  const { hands, publisher } = createHands(parts, {
    onEvent,
    hurt: () => new Set(book.open().flatMap(({ view }) => view.targets)),
    ending: signal,
  });
  const book = new FaultBook({ hands, records, now: () => 0, onEvent, minHealthy: 0 });
  try {
    await book.replay('its agent is gone', silent);
    // A shop that was started here has no agent that tells the proxy.
    await livesKnown(parts.runtime, silent);
    if (silent()) await publisher.publish();
  } finally {
    book.close();
    parts.release();
  }
}

async function livesKnown(runtime: Runtime, silent: () => boolean): Promise<void> {
  const end = performance.now() + LIVES_LIMIT_MS;
  const unknown = () => runtime.members().some(({ role, state }) => role === 'shop' && state === 'starting');
  while (unknown() && silent() && performance.now() < end) await delay(LIVES_POLL_MS);
}
