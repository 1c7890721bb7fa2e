import { setTimeout as delay } from 'node:timers/promises';

/** What the engine tells of a container. A hint only: what is true is what an inspection says. */
export interface DockerEvent {
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  /** seconds */
  time: number;
  /** not exact: too long for a JSON number */
  timeNano: number;
}

/** Of everything the engine tells, what may change a member. Health checks alone would bring three events each. */
export const WATCHED = [
  'create',
  'start',
  'die',
  'kill',
  'stop',
  'pause',
  'unpause',
  'oom',
  'destroy',
] as const;

const AGAIN_MS = 250;
const AGAIN_LIMIT_MS = 5000;
/** Told again after a reconnect are those of the last second or two: fewer than this. */
const REMEMBERED = 256;
/** An event has a few hundred characters. */
const LINE_LIMIT = 1024 * 1024;

interface Watching {
  /** `since`: in seconds; undefined = from now on */
  open(since: number | undefined): Promise<AsyncIterable<Uint8Array>>;
  onEvent(event: DockerEvent): void;
  /** The stream is there, for the first time or again: what happened meanwhile has to be looked at. */
  onOpen(): void;
  /** The stream broke off or could not be opened; it is tried again. */
  onTrouble(error: unknown): void;
  signal: AbortSignal;
}

/** Follows the engine's events until `signal` is aborted. After a break it goes on where it was, and tells nothing twice. */
export async function followEvents({ open, onEvent, onOpen, onTrouble, signal }: Watching): Promise<void> {
  const isNew = rememberer();
  let since: number | undefined;
  let waitMs = AGAIN_MS;
  while (!signal.aborted) {
    try {
      const stream = await open(since);
      onOpen();
      for await (const event of eventsIn(stream)) {
        waitMs = AGAIN_MS;
        // Whole seconds, so that nothing falls between: what comes twice is known.
        since = event.time;
        if (isNew(event)) onEvent(event);
      }
      throw new Error('Docker ended the stream of its events');
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(error);
    }
    await delay(waitMs, undefined, { signal }).catch(() => {});
    waitMs = Math.min(waitMs * 2, AGAIN_LIMIT_MS);
  }
}

/** One JSON value a line; the chunks end anywhere, even inside a character. */
export async function* eventsIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<DockerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LIMIT)
      throw new Error(`an event of Docker is longer than ${LINE_LIMIT} characters`);
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as DockerEvent;
  }
}

/** Says of each event whether it was not there before. */
export function rememberer(): (event: DockerEvent) => boolean {
  const known = new Set<string>();
  return ({ Action, Actor, timeNano }) => {
    const key = `${timeNano} ${Actor.ID} ${Action}`;
    if (known.has(key)) return false;
    known.add(key);
    const [oldest] = known;
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    return true;
  };
}
