// Indexes of interfaces for rulesets that are compiled where those interfaces need not exist.

/** Gives each interface an index the first time it is named, as the order of creation would. */
export class InterfaceIndexes {
  readonly #known: Map<string, number>;

  constructor(known: Readonly<Record<string, number>>) {
    this.#known = new Map([['lo', 1], ...Object.entries(known)]);
  }

  /** Undefined for what is a number before it is a name nobody gave (ifindex_type_parse of nft). */
  of(name: string): number | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (/^[0-9]+$/.test(name)) return undefined;
    const index = Math.max(...this.#known.values()) + 1;
    this.#known.set(name, index);
    return index;
  }

  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#known);
  }
}
