import type { RuleOptions } from './rule.ts';

/** Names for the sets and chains that rules need beside them: `connlimit0`, `connlimit1` … */
export class SetNames {
  readonly #used = new Map<string, number>();
  readonly #taken: ReadonlySet<string>;
  readonly options: RuleOptions;

  /** @param taken names that stand for something in the table already */
  constructor(options: Omit<RuleOptions, 'next'>, taken: ReadonlySet<string> = new Set()) {
    this.#taken = taken;
    this.options = { ...options, next: (prefix) => this.#next(prefix) };
  }

  #next(prefix: string): string {
    const n = this.#used.get(prefix) ?? 0;
    this.#used.set(prefix, n + 1);
    const name = `${prefix}${n}`;
    return this.#taken.has(name) ? this.#next(prefix) : name;
  }
}
