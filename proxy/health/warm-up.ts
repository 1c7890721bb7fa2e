/**
 * The time between a proxy's start and the first verdict on each upstream it was told of. Whoever were routed then would lose
 * the tie to a replica that is well, only because nobody has asked it yet. Envoy listens only after its first round of
 * checks; HAProxy takes all for up until they fail. Here requests wait, `limitMs` after the start at the longest: told of
 * nobody by then, they get the error they would have got.
 */
export class WarmUp {
  #waiting: (() => void)[] | null = [];
  readonly #limit: NodeJS.Timeout;

  constructor(limitMs: number) {
    this.#limit = setTimeout(() => this.end(), limitMs);
  }

  get isOver(): boolean {
    return this.#waiting === null;
  }

  /** At once when it is over. */
  whenOver(go: () => void): void {
    if (this.#waiting === null) go();
    else this.#waiting.push(go);
  }

  /** In the order in which they came. */
  end(): void {
    clearTimeout(this.#limit);
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const go of waiting) go();
  }
}
