import type { WriteStream } from 'node:fs';
import type { Stamped } from '../../../lib/event-log.ts';
import type { ClusterEvent, ClusterState } from '../contract.ts';
import type { Story } from '../events.ts';
import type { RecordingHead, RunView } from './contract.ts';
import { addToView, beginView } from './run-view.ts';
import { Shelf } from './shelf.ts';

const MAX_BYTES = 50 * 1024 * 1024;
/** A disk slower than this is no disk to record on. */
const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;
/** Told while the snapshot of the beginning is read. */
const MAX_EARLY = 5000;

export interface OneRunParts {
  /** null = nothing is written */
  shelf: Shelf | null;
  story: Pick<Story, 'log' | 'scene'>;
  snapshot(): Promise<ClusterState>;
  log: { warn(details: object, message: string): void };
}

/** One run while it is recorded. */
export class OneRun {
  readonly id: string;
  /** null until the snapshot it begins with was read */
  view: RunView | null = null;
  readonly #parts: OneRunParts;
  #out: WriteStream | null = null;
  #bytes = 0;
  #early: Stamped<ClusterEvent>[] = [];
  #begun: Promise<void> = Promise.resolve();

  constructor(id: string, parts: OneRunParts) {
    this.id = id;
    this.#parts = parts;
  }

  begin(head: Omit<RecordingHead, 'state'>): void {
    this.#begun = this.#parts.snapshot().then(
      (state) => this.#openWith({ ...head, state }),
      (error) => this.#giveUp(error as Error),
    );
  }

  goOn(view: RunView): void {
    this.view = { ...view, running: true };
    this.#open((shelf) => shelf.goOn(this.id));
  }

  add(event: Stamped<ClusterEvent>): void {
    if (this.view === null) {
      if (this.#early.length < MAX_EARLY) this.#early.push(event);
      return;
    }
    this.view = addToView(this.view, event, this.#parts.story.scene());
    this.#write(event);
  }

  /** `isOver`: nothing more will come, by whomever it is recorded. */
  async close(isOver: boolean): Promise<void> {
    await this.#begun;
    const out = this.#out;
    this.#out = null;
    if (out === null) return;
    await new Promise<void>((resolve) => {
      out.once('close', resolve);
      out.end();
    });
    try {
      if (this.view && isOver) this.#parts.shelf?.keep({ ...this.view, running: false });
    } catch (error) {
      this.#giveUp(error as Error);
    }
  }

  /** What was told before the snapshot is in it; what was told since comes after it. */
  #openWith(head: RecordingHead): void {
    this.view = beginView(head);
    this.#open((shelf) => shelf.begin(this.id));
    this.#write(head);
    const early = this.#early;
    this.#early = [];
    for (const event of early) if (event.seq > head.state.seq) this.#write(event);
    const last = early.at(-1);
    if (last) this.view = addToView(this.view, last, this.#parts.story.scene());
  }

  #open(how: (shelf: Shelf) => WriteStream): void {
    const { shelf } = this.#parts;
    if (shelf === null) return;
    if (!Shelf.canHold(this.id))
      return this.#giveUp(new Error(`its name "${this.id.slice(0, 80)}" cannot be that of a file`));
    try {
      this.#out = how(shelf);
      this.#out.on('error', (error) => this.#giveUp(error));
    } catch (error) {
      this.#giveUp(error as Error);
    }
  }

  #write(line: object): void {
    if (this.#out === null) return;
    const text = `${JSON.stringify(line)}\n`;
    this.#bytes += text.length;
    if (this.#bytes > MAX_BYTES) return this.#giveUp(new Error(`it is longer than ${MAX_BYTES >> 20} MB`));
    if (this.#out.writableLength > MAX_UNWRITTEN_BYTES)
      return this.#giveUp(new Error('the disk is too slow'));
    this.#out.write(text);
  }

  /** What was written until now stays and can be played. */
  #giveUp({ message }: Error): void {
    const out = this.#out;
    this.#out = null;
    out?.end();
    this.#parts.log.warn({ run: this.id }, `this run is not recorded any further: ${message}`);
  }
}
