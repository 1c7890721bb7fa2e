import { formatMs } from '../../../../lib/duration.ts';
import { RuntimeError } from '../runtime.ts';
import type { Engine } from './engine.ts';
import type { Lives } from './lives.ts';
import { type Sight, sightOf } from './sight.ts';

/** A start that somebody waits for has this long. */
export const READY_LIMIT_MS = 30_000;

/** What a start needs of its member. */
export interface Starting {
  readonly id: string;
  readonly lives: Lives;
  readonly engine: Engine;
  /** the full name of the network in which it is reached */
  readonly network: string;
  /** how its container was when it was last looked at */
  readonly status: Sight['status'];
  readonly container: string | null;
  look(): Promise<void>;
}

/** A start on our order, from the order to ready or to rest. */
export class Launch {
  /** Docker was told, and it was looked at since. Never rejects. */
  readonly begun: Promise<void>;
  /** Rejects with the reason why it is not ready. */
  readonly done: Promise<void>;
  readonly #member: Starting;
  #isBegun = false;

  constructor(member: Starting) {
    this.#member = member;
    const telling = tellToStart(member);
    const onBegun = () => {
      this.#isBegun = true;
    };
    this.begun = telling.then(onBegun, onBegun);
    this.done = telling.then(() => untilReady(member));
  }

  /** It ended, or was told to: whoever wants it to run has to start it anew. */
  get isOver(): boolean {
    const { state } = this.#member.lives;
    return this.#isBegun && (state === 'exited' || state === 'stopping');
  }
}

/** Resolves when it is ready, whoever started it. Throws RuntimeError with its last words when it ended, or takes too long. */
export async function untilReady(member: Starting): Promise<void> {
  const { id, lives } = member;
  await lives.until(() => lives.state !== 'starting' && lives.state !== 'stopping', READY_LIMIT_MS);
  if (lives.state === 'ready' || lives.state === 'paused') return;
  const isLate = lives.state === 'starting';
  const words = await putToRest(member);
  const what = isLate
    ? `was not ready within ${formatMs(READY_LIMIT_MS)}`
    : `ended before it was ready (${lives.how})`;
  throw new RuntimeError('failed', `${id} ${what}. Its last words:\n${words}`);
}

async function tellToStart(member: Starting): Promise<void> {
  const { id, engine, lives } = member;
  await member.look();
  const { container } = member;
  if (container === null)
    throw new RuntimeError('not-found', `${id} has no container; docker compose up -d makes it`);
  // One that waits for Docker's next attempt is not started by an order.
  if (member.status === 'restarting') await engine.stop(container, 0);
  lives.beginTrial();
  try {
    await engine.start(container);
    await member.look();
  } catch (error) {
    lives.endTrial();
    throw error;
  }
}

/** What failed to start on our order does not try again by itself. Resolves to its last words. */
async function putToRest(member: Starting): Promise<string> {
  const { engine, lives, container } = member;
  if (container === null) return '(its container is gone)';
  const { startedAt } = lives;
  if (!lives.onTrial) return engine.lastWords(container, startedAt);
  let sight: Sight | null = null;
  try {
    await engine.stop(container, 0);
    await member.look();
    const info = await engine.inspect(container);
    sight = info && sightOf(info, member.network);
  } finally {
    lives.endTrial(sight && { container, sight });
  }
  return engine.lastWords(container, startedAt);
}
