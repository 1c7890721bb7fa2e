interface Name {
  text: string;
  index: number;
  /** how many use it */
  count: number;
}

/** A small number for each name that is in use, and how often it is. */
export class Names {
  readonly #known = new Map<string, Name>();
  readonly #byIndex: Name[] = [];
  /** Indices of names that nobody uses any more. */
  readonly #free: number[] = [];

  at(index: number): string {
    return this.#byIndex[index]?.text ?? '';
  }

  /** Somebody uses a name: its number. */
  take(text: string): number {
    const name = this.#known.get(text) ?? this.#add(text);
    name.count++;
    return name.index;
  }

  /** Somebody uses it no longer. */
  leave(index: number): void {
    const name = this.#byIndex[index];
    if (name === undefined || --name.count > 0) return;
    this.#known.delete(name.text);
    this.#free.push(index);
  }

  counts(): Map<string, number> {
    return new Map([...this.#known.values()].map(({ text, count }) => [text, count]));
  }

  #add(text: string): Name {
    const name = { text, index: this.#free.pop() ?? this.#byIndex.length, count: 0 };
    this.#known.set(text, name);
    this.#byIndex[name.index] = name;
    return name;
  }
}
