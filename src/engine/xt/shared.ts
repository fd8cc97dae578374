// Objects with names that rules share, as long as one of them stands in a ruleset.

export interface Sharing<T> {
  readonly object: T;
  activate(): void;
  deactivate(): void;
}

export class SharedByName<T> {
  readonly #objects = new Map<string, { readonly object: T; rules: number }>();

  /** The object of that name; a rule that is prepared and then refused leaves it as it is. */
  share(name: string, make: () => T): Sharing<T> {
    const entry = this.#objects.get(name) ?? { object: make(), rules: 0 };
    this.#objects.set(name, entry);
    return {
      object: entry.object,
      activate: () => {
        entry.rules++;
        this.#objects.set(name, entry);
      },
      deactivate: () => {
        if (--entry.rules === 0) this.#objects.delete(name);
      },
    };
  }

  get(name: string): T | undefined {
    return this.#objects.get(name)?.object;
  }
}
