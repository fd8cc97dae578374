import type { Translated } from './rule.ts';

type Written = Pick<Extract<Translated, { kind: 'text' }>, 'rules' | 'chains'>;

interface Names {
  readonly here: string;
  readonly there: string;
}

/**
 * Where the rules of a translation are in the original: `family table chain index` by the same, of those
 * that stand elsewhere because one became several; undefined for those that only lead to others.
 */
export class Places {
  readonly moved = new Map<string, string | undefined>();
  /** `ip filter` */
  readonly #table: string;

  constructor(table: string) {
    this.#table = table;
  }

  /**
   * @param chain its name `here`, in the translation, and `there`, in the original
   * @param from where the first of its rules stands here
   * @param to where the rule stands there
   */
  add({ rules, chains }: Written, chain: Names, from: number, to: number): void {
    const { here, there } = chain;
    for (const [i, { stands }] of rules.entries()) this.#move(here, from + i, there, to, stands);
    for (const own of chains)
      for (const [i, { stands }] of own.rules.entries()) this.#move(own.name, i, there, to, stands);
  }

  #move(chain: string, index: number, originally: string, at: number, stands: boolean): void {
    const place = `${this.#table} ${chain} ${index}`;
    const before = `${this.#table} ${originally} ${at}`;
    if (!stands) this.moved.set(place, undefined);
    else if (place !== before) this.moved.set(place, before);
  }
}
