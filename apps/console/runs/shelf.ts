import {
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  type WriteStream,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { RunView } from './contract.ts';

/** The oldest go: their recordings and what was counted of them. */
export const MAX_RUNS = 50;
/** A run names itself; only such names become files. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The folder of recordings: `<run>.jsonl`, and `<run>.json` once a run is over. Made when the first run begins. */
export class Shelf {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  static canHold(run: string): boolean {
    return NAME.test(run);
  }

  fileOf(run: string): string {
    return join(this.#folder, `${run}.jsonl`);
  }

  /** Runs with a recording, oldest first. */
  runs(): string[] {
    return this.#names('.jsonl')
      .map((run) => ({ run, at: this.#changedAt(run) }))
      .sort((a, b) => a.at - b.at)
      .map(({ run }) => run);
  }

  /** What was counted of a run that is over; null = it is not, or not here. */
  view(run: string): RunView | null {
    try {
      return JSON.parse(readFileSync(join(this.#folder, `${run}.json`), 'utf8')) as RunView;
    } catch {
      return null;
    }
  }

  /** Throws when the disk does not take it. */
  keep(view: RunView): void {
    this.#make();
    writeFileSync(join(this.#folder, `${view.id}.json`), JSON.stringify(view), { mode: 0o600 });
  }

  /** A new recording; makes room for it first. Throws when the folder cannot be made. */
  begin(run: string): WriteStream {
    this.#make();
    for (const old of this.runs().slice(0, -(MAX_RUNS - 1))) this.#remove(old);
    rmSync(join(this.#folder, `${run}.json`), { force: true });
    return createWriteStream(this.fileOf(run), { mode: 0o600 });
  }

  /** Goes on with one; a last line that was cut off is removed. Throws when it cannot be written. */
  goOn(run: string): WriteStream {
    const file = this.fileOf(run);
    truncateSync(file, readFileSync(file).lastIndexOf('\n') + 1);
    return createWriteStream(file, { flags: 'a', mode: 0o600 });
  }

  #make(): void {
    // Who may read the cluster's run directory may read this, and nobody else.
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  #remove(run: string): void {
    for (const end of ['jsonl', 'json']) rmSync(join(this.#folder, `${run}.${end}`), { force: true });
  }

  #names(end: string): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith(end))
        .map((name) => name.slice(0, -end.length));
    } catch {
      return [];
    }
  }

  #changedAt(run: string): number {
    return statSync(this.fileOf(run), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }
}
