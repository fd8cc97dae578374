/** One option as it was given. */
export interface GivenOption {
  /** The name of its `OptionSpec`, whatever alias or abbreviation was written. */
  readonly name: string;
  /** What `parse` made of its words; undefined for options without any. */
  readonly value: unknown;
  readonly negated: boolean;
}

/** The options of one extension in the order they were given. */
export class Given {
  readonly options: readonly GivenOption[];

  constructor(options: readonly GivenOption[]) {
    this.options = options;
  }

  has(name: string): boolean {
    return this.#last(name) !== undefined;
  }

  negated(name: string): boolean {
    return this.options.some((o) => o.name === name && o.negated);
  }

  /** The last value given: the extension's own `parse` vouches for the type. */
  value<T>(name: string): T | undefined {
    return this.#last(name)?.value as T | undefined;
  }

  #last(name: string): GivenOption | undefined {
    for (let i = this.options.length - 1; i >= 0; i--)
      if (this.options[i]!.name === name) return this.options[i];
    return undefined;
  }

  all<T>(name: string): readonly T[] {
    return this.options.filter((o) => o.name === name).map((o) => o.value as T);
  }
}
