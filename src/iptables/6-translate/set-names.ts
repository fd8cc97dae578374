import type { RuleOptions } from './rule.ts';

/** Names for the sets that rules need beside them: `connlimit0`, `connlimit1` … */
export class SetNames {
  readonly #used = new Map<string, number>();
  readonly options: RuleOptions;

  constructor(options: Pick<RuleOptions, 'exact' | 'keepCounters'>) {
    this.options = { ...options, nextSet: (prefix) => this.#next(prefix) };
  }

  #next(prefix: string): string {
    const n = this.#used.get(prefix) ?? 0;
    this.#used.set(prefix, n + 1);
    return `${prefix}${n}`;
  }
}
